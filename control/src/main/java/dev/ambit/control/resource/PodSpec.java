package dev.ambit.control.resource;

import java.util.List;
import java.util.OptionalInt;

/// @param serviceAccount `default` when none is named
/// @param node empty when no node is named
public record PodSpec(
        String serviceAccount, String node, boolean hostNetwork, List<ContainerPort> ports) {

    public PodSpec {
        ports = List.copyOf(ports);
    }

    /// @param name empty when the port has none
    /// @param protocol `TCP`, `UDP` or `SCTP`
    public record ContainerPort(String name, int port, String protocol) {}

    /// The TCP port of that name.
    public OptionalInt port(String name) {
        return ports.stream()
                .filter(p -> p.protocol().equals("TCP"))
                .filter(p -> p.name().equals(name))
                .mapToInt(ContainerPort::port)
                .findFirst();
    }
}
