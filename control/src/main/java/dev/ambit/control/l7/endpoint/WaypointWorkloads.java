package dev.ambit.control.l7.endpoint;

import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.mesh.proto.workload.Workload;
import java.util.List;

/// Workloads that a waypoint is told of, to say who calls: anybody may, so it is all of the mesh,
/// as ztunnels have them.
public final class WaypointWorkloads {
    private WaypointWorkloads() {}

    public static List<Workload> of(WaypointScope scope) {
        return scope.model().mesh().workloads().stream().map(CompiledWorkload::wire).toList();
    }
}
