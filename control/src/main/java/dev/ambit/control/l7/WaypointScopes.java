package dev.ambit.control.l7;

import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.MeshService.Resolution;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Collectors;

/// What concerns a waypoint: the services and workloads that name its Gateway. A gateway to a
/// network stands before what other networks may reach.
public final class WaypointScopes {
    private WaypointScopes() {}

    public static WaypointScope of(L7Model model, WaypointNode node) {
        if (node.eastWest() && model.settings().multiNetwork()) {
            return scope(model, node, model.registry().offered(), false);
        }
        return scope(model, node, model.registry().attached(node.waypoint()), true);
    }

    private static WaypointScope scope(
            L7Model model, WaypointNode node, List<MeshService> services, boolean workloads) {
        var usable = services.stream().filter(WaypointScopes::usable).toList();
        return new WaypointScope(
                model,
                node,
                distinct(model, node, usable),
                workloads ? model.registry().attachedWorkloads(node.waypoint()) : List.of());
    }

    /// A name that is resolved when it is called says nothing about a service of the mesh.
    private static boolean usable(MeshService service) {
        return service.resolution() != Resolution.DYNAMIC_DNS || service.external();
    }

    /// Clusters and filter chains are named after hostnames alone, so one service per hostname: the
    /// waypoint's own namespace's, else Kubernetes', else the oldest.
    private static List<MeshService> distinct(
            L7Model model, WaypointNode node, List<MeshService> services) {
        var byHostname = services.stream().collect(Collectors.groupingBy(MeshService::hostname));
        var kept = new LinkedHashSet<MeshService>();
        for (var service : services) {
            var same = byHostname.getOrDefault(service.hostname(), List.of());
            kept.add(same.size() == 1 ? service : preferred(same, node.namespace()));
        }
        return List.copyOf(kept);
    }

    private static MeshService preferred(List<MeshService> same, String namespace) {
        return same.stream()
                .filter(s -> s.namespace().equals(namespace))
                .findFirst()
                .or(() ->
                        same.stream()
                                .filter(s -> s.source() == MeshService.Source.KUBERNETES)
                                .findFirst())
                .orElse(same.getFirst());
    }
}
