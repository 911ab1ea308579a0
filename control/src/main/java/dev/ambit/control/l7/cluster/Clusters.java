package dev.ambit.control.l7.cluster;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.route.References;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;

/// What a waypoint can call.
public final class Clusters {
    private Clusters() {}

    public static SortedMap<String, Cluster> of(
            WaypointScope scope, Set<References.Reference> references) {
        return Collections.emptySortedMap();
    }
}
