package dev.ambit.control.l7.cluster;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.route.References;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// All clusters of a waypoint or an east-west gateway, by name.
public final class Clusters {
    private Clusters() {}

    /// @param references hosts that are called besides the services that the waypoint stands before
    public static SortedMap<String, Cluster> of(
            WaypointScope scope, Set<References.Reference> references) {
        var clusters = new TreeMap<String, Cluster>();
        for (var service : called(scope, references)) {
            add(clusters, CalledClusters.of(scope, service));
        }
        for (var service : scope.services()) {
            add(clusters, ServiceClusters.of(scope, service));
        }
        add(clusters, FixedClusters.of(scope));
        return clusters;
    }

    /// The first of a name counts.
    private static void add(SortedMap<String, Cluster> into, List<Cluster> clusters) {
        clusters.forEach(c -> into.putIfAbsent(c.getName(), c));
    }

    /// One service for each hostname, as seen from the waypoint.
    private static Set<MeshService> called(
            WaypointScope scope, Set<References.Reference> references) {
        var services = new LinkedHashSet<MeshService>();
        var registry = scope.model().registry();
        for (var reference : references) {
            var seenFrom =
                    reference.namespace().isEmpty()
                            ? scope.node().namespace()
                            : reference.namespace();
            registry.service(reference.hostname(), seenFrom)
                    .filter(s ->
                            reference.namespace().isEmpty()
                                    || s.namespace().equals(reference.namespace()))
                    .ifPresent(services::add);
        }
        return services;
    }
}
