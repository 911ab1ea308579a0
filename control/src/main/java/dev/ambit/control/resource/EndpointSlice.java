package dev.ambit.control.resource;

import java.util.List;
import java.util.Optional;

/// @param service name of the service it belongs to, empty when no label says so
/// @param names its addresses are DNS names
public record EndpointSlice(
        Meta meta, String service, boolean names, List<Endpoint> endpoints, List<Port> ports)
        implements Resource {

    public EndpointSlice {
        endpoints = List.copyOf(endpoints);
        ports = List.copyOf(ports);
    }

    public record Endpoint(List<String> addresses, boolean ready, Optional<Target> target) {
        public Endpoint {
            addresses = List.copyOf(addresses);
        }

        /// The pod behind it; a hand-made endpoint has none.
        public Optional<Target> pod() {
            return target.filter(t -> t.kind().equals("Pod"));
        }
    }

    /// @param uid empty when it is not said
    public record Target(String kind, String namespace, String name, String uid) {}

    public record Port(String name, int port, String protocol) {}
}
