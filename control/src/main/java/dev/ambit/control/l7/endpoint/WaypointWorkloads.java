package dev.ambit.control.l7.endpoint;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.mesh.proto.workload.Workload;
import java.util.List;

/// The workloads that a waypoint is told of.
public final class WaypointWorkloads {
    private WaypointWorkloads() {}

    public static List<Workload> of(WaypointScope scope) {
        return List.of();
    }
}
