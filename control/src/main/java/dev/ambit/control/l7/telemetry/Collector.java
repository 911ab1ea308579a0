package dev.ambit.control.l7.telemetry;

import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.resource.observe.ExtensionProvider.Backend;
import java.util.Optional;

/// Who takes reports: a provider's service and the cluster by which it is called.
///
/// @param host its name in requests
record Collector(String host, String cluster) {

    /// Empty when there is no such service, or several namespaces have one and none is named: then
    /// nothing is reported, as istiod does it.
    static Optional<Collector> find(Registry registry, Backend backend) {
        var named =
                registry.named(backend.host()).stream()
                        .filter(s ->
                                backend.namespace().isEmpty()
                                        || backend.namespace().equals(s.namespace()))
                        .map(s -> s.namespace())
                        .distinct()
                        .count();
        return named == 1
                ? Optional.of(
                        new Collector(
                                backend.host(),
                                ClusterNames.outbound(backend.port(), "", backend.host())))
                : Optional.empty();
    }
}
