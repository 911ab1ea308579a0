package dev.ambit.control.l7.listener;

import dev.ambit.control.l7.WaypointScope;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.Collections;
import java.util.SortedMap;

/// What a waypoint listens for, and what it does with it.
public final class Listeners {
    private Listeners() {}

    public static SortedMap<String, Listener> of(WaypointScope scope) {
        return Collections.emptySortedMap();
    }
}
