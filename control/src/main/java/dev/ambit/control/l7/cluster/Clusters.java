package dev.ambit.control.l7.cluster;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.route.References;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// All clusters of a waypoint or an east-west gateway, by name.
public final class Clusters {
    private Clusters() {}

    /// @param references hosts that are called besides the services that the waypoint stands before
    public static SortedMap<String, Cluster> of(
            WaypointScope scope, Set<References.Reference> references) {
        return new TreeMap<>();
    }
}
