package dev.ambit.ztunnel.inpod;

/// A pod as the node agent hands it over.
///
/// @param uid the Kubernetes pod UID, not the uid of its workload
public record PodInfo(String uid, String name, String namespace, String serviceAccount) {
    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
