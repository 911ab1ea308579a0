package dev.ambit.control.resource.traffic;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import java.util.List;
import java.util.Optional;

/// Gateway API's `BackendTLSPolicy`: TLS to a service.
///
/// @param hostname that is asked for (SNI) and, unless names are given, proven
/// @param names that the server may prove instead: host names and URIs
public record BackendTlsPolicy(
        Meta meta, List<Target> targets, String hostname, List<String> names, Roots roots)
        implements Resource {

    public BackendTlsPolicy {
        targets = List.copyOf(targets);
        names = List.copyOf(names);
    }

    @Override
    public String kind() {
        return "BackendTLSPolicy";
    }

    /// @param section name of a port, of Services
    public record Target(String group, String kind, String name, Optional<String> section) {}

    public sealed interface Roots {
        /// Those that the proxy's image came with.
        record OfSystem() implements Roots {}

        /// Of a ConfigMap in the policy's namespace.
        record ConfigMap(String name) implements Roots {}

        /// Nobody can be trusted: connections fail.
        record Unusable(String why) implements Roots {}
    }
}
