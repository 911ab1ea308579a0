package dev.ambit.control.l7.route;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.authz.WantedKeys;
import dev.ambit.control.l7.limits.Limits;
import java.util.HashSet;
import java.util.Set;

/// Services that a waypoint calls without standing before them: it needs `outbound|…` clusters of
/// them.
public final class References {
    private References() {}

    /// @param namespace empty: whatever services have that hostname
    public record Reference(String hostname, String namespace) {}

    /// Of routes for services that the waypoint stands before, of extension providers, of rate
    /// limit services, and of issuers whose keys the waypoint fetches. Services outside the mesh
    /// are called both ways, also those that it stands before.
    public static Set<Reference> of(WaypointScope scope) {
        var references = new HashSet<Reference>();
        for (var service : scope.services()) {
            for (var table : scope.model().routes().of(service, scope.node().namespace())) {
                add(table, scope, references);
            }
            // istiod has clusters also for routes of namespaces that have no say.
            for (var table : scope.model().routes().naming(service.hostname())) {
                add(table, scope, references);
            }
        }
        for (var provider : scope.model().input().mesh().providers().values()) {
            provider.backend()
                    .ifPresent(b -> references.add(new Reference(b.host(), b.namespace())));
        }
        references.addAll(Limits.references(scope));
        WantedKeys.byProxy(scope).forEach(h -> references.add(new Reference(h, "")));
        return references;
    }

    private static void add(RouteTable table, WaypointScope scope, Set<Reference> into) {
        for (var destination : table.destinations()) {
            var served = scope.byHostname().get(destination.host());
            if (!destination.host().isEmpty() && (served == null || served.external())) {
                into.add(new Reference(destination.host(), ""));
            }
        }
    }
}
