package dev.ambit.control.l7.telemetry;

import dev.ambit.control.l7.TargetMatch;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.observe.Telemetry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// All Telemetries by namespace, oldest first.
public final class TelemetryIndex {
    private final String root;
    private final Map<String, Telemetry> namespaceWide = new HashMap<>();
    private final Map<String, List<Telemetry>> attached = new HashMap<>();

    private TelemetryIndex(String root) {
        this.root = root;
    }

    public static TelemetryIndex of(ResourceSet input) {
        var index = new TelemetryIndex(input.mesh().rootNamespace());
        for (var telemetry : input.all(Telemetry.class)) {
            var namespace = telemetry.meta().namespace();
            if (telemetry.namespaceWide()) {
                index.namespaceWide.putIfAbsent(namespace, telemetry);
            } else {
                index.attached.computeIfAbsent(namespace, n -> new ArrayList<>()).add(telemetry);
            }
        }
        return index;
    }

    /// What is in effect, from the widest scope to the narrowest: a later one overrides. As istiod:
    /// what is attached is only looked for in the namespace of the service, so that one attached to
    /// the waypoint is not in effect for services of other namespaces.
    ///
    /// @param service whose chain it is for; empty: the waypoint itself
    public List<Telemetry> of(WaypointScope scope, Optional<MeshService> service) {
        var levels = new ArrayList<Telemetry>();
        wide(root).ifPresent(levels::add);
        var namespace = scope.node().namespace();
        if (!namespace.equals(root)) {
            wide(namespace).ifPresent(levels::add);
        }
        var last = service.map(MeshService::namespace).orElse(namespace);
        if (!last.equals(namespace)) {
            wide(last).ifPresent(levels::add);
        }
        for (var telemetry : attached.getOrDefault(last, List.of())) {
            if (TargetMatch.match(telemetry.targets(), last, scope, service)) {
                levels.add(telemetry);
            }
        }
        return levels;
    }

    private Optional<Telemetry> wide(String namespace) {
        return Optional.ofNullable(namespaceWide.get(namespace));
    }
}
