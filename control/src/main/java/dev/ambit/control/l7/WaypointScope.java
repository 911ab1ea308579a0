package dev.ambit.control.l7;

import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.l7.registry.MeshService;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// What concerns one waypoint.
///
/// @param model the mesh that it is part of
/// @param services that it stands before, oldest first; one per hostname
/// @param byHostname the services again
/// @param workloads that it stands before, oldest first; empty unless it takes traffic to workloads
public record WaypointScope(
        L7Model model,
        WaypointNode node,
        List<MeshService> services,
        Map<String, MeshService> byHostname,
        List<CompiledWorkload> workloads) {

    public WaypointScope(
            L7Model model,
            WaypointNode node,
            List<MeshService> services,
            List<CompiledWorkload> workloads) {
        this(
                model,
                node,
                services,
                services.stream()
                        .collect(
                                Collectors.toMap(
                                        MeshService::hostname, s -> s, (first, next) -> first)),
                workloads);
    }

    public WaypointScope {
        services = List.copyOf(services);
        byHostname = Map.copyOf(byHostname);
        workloads = List.copyOf(workloads);
    }

    /// Whether a host is one that this waypoint stands before.
    public boolean serves(String hostname, Set<String> namespaces) {
        var service = byHostname.get(hostname);
        return service != null
                && (namespaces.isEmpty() || namespaces.contains(service.namespace()));
    }
}
