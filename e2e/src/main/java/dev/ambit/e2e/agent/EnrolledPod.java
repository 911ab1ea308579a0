package dev.ambit.e2e.agent;

import dev.ambit.e2e.lab.NetNamespace;
import dev.ambit.e2e.redirect.RedirectRules;

/// A pod that belongs to the mesh.
///
/// @param uid of the Kubernetes object: another pod of the same name has another one
/// @param serviceAccount what the pod's identity is made of, with the namespace
public record EnrolledPod(
        String uid,
        String namespace,
        String name,
        String serviceAccount,
        NetNamespace netns,
        RedirectRules rules) {
    @Override
    public String toString() {
        return namespace + "/" + name + " (uid " + uid + ")";
    }
}
