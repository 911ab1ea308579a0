package dev.ambit.control.resource;

import java.util.List;

/// @param service name of the service it belongs to, empty when no label says so
public record EndpointSlice(Meta meta, String service, List<Endpoint> endpoints, List<Port> ports)
        implements Resource {

    public EndpointSlice {
        endpoints = List.copyOf(endpoints);
        ports = List.copyOf(ports);
    }

    /// @param targetKind kind of the object behind it, empty for a hand-made endpoint
    public record Endpoint(List<String> addresses, boolean ready, String targetKind) {
        public Endpoint {
            addresses = List.copyOf(addresses);
        }
    }

    public record Port(String name, int port, String protocol) {}
}
