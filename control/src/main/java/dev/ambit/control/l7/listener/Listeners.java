package dev.ambit.control.l7.listener;

import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.resource.Names;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a waypoint listens for, and what it does with it.
public final class Listeners {
    private Listeners() {}

    public static SortedMap<String, Listener> of(WaypointScope scope) {
        var rendering = Rendering.of(scope);
        var all = new TreeMap<String, Listener>();
        add(all, ConnectTerminate.of(rendering));
        add(all, MainInternal.of(rendering));
        add(
                all,
                rendering.eastWest() ? Originate.forward(rendering) : Originate.connect(rendering));
        if (rendering.settings().multiNetworkWaypoint() && isManaged(scope.node())) {
            add(all, Originate.inner(rendering));
            add(all, Originate.outer(rendering));
        }
        return all;
    }

    private static void add(SortedMap<String, Listener> all, Listener listener) {
        all.put(listener.getName(), listener);
    }

    /// As istiod, which asks for the flag of several networks only for other kinds of proxies:
    /// every waypoint that a controller made has what it takes to reach them.
    private static boolean isManaged(WaypointNode node) {
        return node.labels().getOrDefault(Names.GATEWAY_MANAGED, "").equals(Names.MESH_CONTROLLER);
    }
}
