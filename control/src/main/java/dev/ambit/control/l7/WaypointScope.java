package dev.ambit.control.l7;

import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.l7.registry.MeshService;
import java.util.List;
import java.util.Set;

/// What concerns one waypoint.
///
/// @param model the mesh that it is part of
/// @param services that it stands before, oldest first; one per hostname
/// @param workloads that it stands before, oldest first; empty unless it takes traffic to workloads
public record WaypointScope(
        L7Model model,
        WaypointNode node,
        List<MeshService> services,
        List<CompiledWorkload> workloads) {

    public WaypointScope {
        services = List.copyOf(services);
        workloads = List.copyOf(workloads);
    }

    /// Whether a host is one that this waypoint stands before.
    public boolean serves(String hostname, Set<String> namespaces) {
        return services.stream()
                .anyMatch(s ->
                        s.hostname().equals(hostname)
                                && (namespaces.isEmpty() || namespaces.contains(s.namespace())));
    }
}
