package dev.ambit.control.l7.route;

import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.ServicePort;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;

/// Route configurations of HTTP chains.
public final class HttpRoutes {
    private HttpRoutes() {}

    /// Of a port of a service that the waypoint stands before.
    public static RouteConfiguration of(
            WaypointScope scope, MeshService service, ServicePort port) {
        return RouteConfiguration.newBuilder()
                .setName(ClusterNames.inbound(service, port.number(), true, ""))
                .build();
    }

    /// Of the chain `direct-http`: requests to a pod's own address.
    public static RouteConfiguration direct(WaypointScope scope) {
        return RouteConfiguration.newBuilder().setName("encap").build();
    }
}
