package dev.ambit.control.l7.extend;

import dev.ambit.control.l7.TargetMatch;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.extend.Extension;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// All extensions that name what they are for, by namespace. Those that select pods are never for a
/// waypoint.
public final class ExtensionIndex {
    private final String root;
    private final Map<String, List<Extension>> byNamespace = new HashMap<>();

    private ExtensionIndex(String root) {
        this.root = root;
    }

    public static ExtensionIndex of(ResourceSet input) {
        var index = new ExtensionIndex(input.mesh().rootNamespace());
        for (var extension : input.all(Extension.class)) {
            if (!extension.targets().isEmpty()) {
                index.byNamespace
                        .computeIfAbsent(extension.meta().namespace(), n -> new ArrayList<>())
                        .add(extension);
            }
        }
        return index;
    }

    /// Those that would see a chain's traffic.
    ///
    /// @param service whose chain it is; empty: of workloads
    public List<Extension> of(WaypointScope scope, Optional<MeshService> service) {
        if (byNamespace.isEmpty()) {
            return List.of();
        }
        var namespaces = new LinkedHashSet<String>();
        namespaces.add(scope.node().namespace());
        namespaces.add(root);
        service.ifPresent(s -> namespaces.add(s.namespace()));
        var found = new ArrayList<Extension>();
        for (var namespace : namespaces) {
            for (var extension : byNamespace.getOrDefault(namespace, List.of())) {
                if (TargetMatch.match(
                        extension.targets(), namespace, scope, concerned(extension, service))) {
                    found.add(extension);
                }
            }
        }
        return found;
    }

    /// Patches are for a whole proxy: as in Istio, one that names a service is for nothing.
    private static Optional<MeshService> concerned(
            Extension extension, Optional<MeshService> service) {
        return switch (extension) {
            case Extension.WasmPlugin _, Extension.TrafficExtension _ -> service;
            case Extension.EnvoyFilter _ -> Optional.empty();
        };
    }
}
