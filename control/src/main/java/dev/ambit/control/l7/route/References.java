package dev.ambit.control.l7.route;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Services that a waypoint calls without standing before them: it needs `outbound|…` clusters of
/// them.
public final class References {
    private References() {}

    /// @param namespace empty: whatever services have that hostname
    public record Reference(String hostname, String namespace) {}

    /// Of routes for services that the waypoint stands before. Services outside the mesh are called
    /// both ways, also those that it stands before.
    public static Set<Reference> of(WaypointScope scope) {
        Map<String, MeshService> own = new HashMap<>();
        scope.services().forEach(s -> own.put(s.hostname(), s));
        var references = new HashSet<Reference>();
        for (var host : own.keySet()) {
            for (var table : scope.model().routes().naming(host)) {
                for (var destination : table.destinations()) {
                    var served = own.get(destination.host());
                    if (!destination.host().isEmpty() && (served == null || served.external())) {
                        references.add(new Reference(destination.host(), ""));
                    }
                }
            }
        }
        return references;
    }
}
