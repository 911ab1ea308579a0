package dev.ambit.control.resource;

import java.util.Set;

/// What identifies a resource.
///
/// @param group the API group without version, empty for the core group
record Header(String group, Resource.Key key) {
    private static final Set<String> CLUSTER_WIDE =
            Set.of("Namespace", "Node", "GatewayClass", "ClusterRole", "PersistentVolume");

    static Header read(Fields top) {
        var apiVersion = top.required("apiVersion");
        var kind = top.required("kind");
        var metadata =
                top.child("metadata")
                        .orElseThrow(() -> top.bad("metadata", "missing (expected: a name)"));
        var namespace = metadata.text("namespace");
        if (CLUSTER_WIDE.contains(kind)) {
            namespace = "";
        } else if (namespace.isEmpty()) {
            namespace = "default";
        }
        int slash = apiVersion.indexOf('/');
        return new Header(
                slash < 0 ? "" : apiVersion.substring(0, slash),
                new Resource.Key(kind, namespace, metadata.required("name")));
    }
}
