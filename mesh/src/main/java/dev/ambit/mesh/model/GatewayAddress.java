package dev.ambit.mesh.model;

/// A reference to a waypoint or to a network's gateway: `istio.workload.GatewayAddress`.
///
/// @param hbonePort where it takes HBONE, 1 to 65535
public record GatewayAddress(Destination destination, int hbonePort) {
    public sealed interface Destination {
        record ByHostname(ServiceKey service) implements Destination {}

        record ByAddress(NetworkAddress address) implements Destination {}
    }
}
