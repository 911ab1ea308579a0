package dev.ambit.control.l7.limits;

import dev.ambit.control.l7.TargetMatch;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.ambit.TrafficLimits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// All TrafficLimits, by namespace: targets are of the same.
public final class LimitIndex {
    private final Map<String, List<TrafficLimits>> byNamespace = new HashMap<>();

    private LimitIndex() {}

    public static LimitIndex of(ResourceSet input) {
        var index = new LimitIndex();
        for (var limits : input.all(TrafficLimits.class)) {
            index.byNamespace
                    .computeIfAbsent(limits.meta().namespace(), n -> new ArrayList<>())
                    .add(limits);
        }
        return index;
    }

    /// Those of a chain, the waypoint's namespace first, then oldest first.
    ///
    /// @param service whose chain it is; empty: of workloads
    List<TrafficLimits> of(WaypointScope scope, Optional<MeshService> service) {
        if (byNamespace.isEmpty()) {
            return List.of();
        }
        var namespaces = new LinkedHashSet<String>();
        namespaces.add(scope.node().namespace());
        service.ifPresent(s -> namespaces.add(s.namespace()));
        var found = new ArrayList<TrafficLimits>();
        for (var namespace : namespaces) {
            for (var limits : byNamespace.getOrDefault(namespace, List.of())) {
                if (TargetMatch.match(limits.targets(), namespace, scope, service)) {
                    found.add(limits);
                }
            }
        }
        return found;
    }
}
