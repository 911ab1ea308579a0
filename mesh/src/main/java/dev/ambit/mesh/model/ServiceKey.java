package dev.ambit.mesh.model;

/// A service's key; on the wire `namespace/hostname`.
public record ServiceKey(String namespace, String hostname) {
    @Override
    public String toString() {
        return namespace + "/" + hostname;
    }
}
