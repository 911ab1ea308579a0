package dev.ambit.control.l7.endpoint;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.ServicePort;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;

/// Where a service's endpoints are.
public final class LoadAssignments {
    private LoadAssignments() {}

    public static ClusterLoadAssignment of(
            WaypointScope scope,
            MeshService service,
            ServicePort port,
            String subset,
            String clusterName) {
        return ClusterLoadAssignment.newBuilder().setClusterName(clusterName).build();
    }
}
