package dev.ambit.control.resource;

import java.util.List;

/// The part of the mesh configuration that has an effect here.
public record MeshConfig(String trustDomain, String rootNamespace, List<GlobalScope> globalScopes) {

    public MeshConfig {
        globalScopes = List.copyOf(globalScopes);
    }

    /// A selector of services that are offered to other clusters; kept as written until several
    /// clusters are supported.
    public record GlobalScope(String description) {}

    public static MeshConfig defaults() {
        return new MeshConfig("cluster.local", "istio-system", List.of());
    }
}
