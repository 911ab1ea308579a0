package dev.ambit.control.l7.route;

import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.ServicePort;
import java.util.List;

/// Where connections of a TCP chain go.
public final class TcpRoutes {
    private TcpRoutes() {}

    /// @param settingsHost whose DestinationRule has the settings of the chain's `tcp_proxy`
    /// @param settingsSubset of that rule, empty for none
    public record TcpRoute(Target target, String settingsHost, String settingsSubset) {}

    public sealed interface Target {}

    /// One cluster.
    public record Single(String cluster) implements Target {}

    /// Several, none with weight 0.
    public record Weighted(List<Share> shares) implements Target {
        public Weighted {
            shares = List.copyOf(shares);
        }
    }

    public record Share(String cluster, int weight) {}

    /// Of a port of a service that the waypoint stands before.
    public static TcpRoute of(WaypointScope scope, MeshService service, ServicePort port) {
        return new TcpRoute(
                new Single(ClusterNames.inbound(service, port.number(), false, "")),
                service.hostname(),
                "");
    }
}
