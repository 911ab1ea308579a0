package dev.ambit.control.l7.listener;

import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.ProxySettings;
import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.telemetry.Observer;
import dev.ambit.control.resource.observe.MeshObserve;
import dev.ambit.control.resource.observe.ProxyDefaults;

/// What all listeners of one waypoint are made of.
record Rendering(WaypointScope scope, ProxyDefaults proxy, Observer observer) {

    static Rendering of(WaypointScope scope) {
        var proxy = ProxySettings.of(scope);
        return new Rendering(scope, proxy, new Observer(scope, proxy));
    }

    L7Settings settings() {
        return scope.model().settings();
    }

    WaypointNode node() {
        return scope.node();
    }

    MeshObserve mesh() {
        return scope.model().input().mesh().observe();
    }

    /// A gateway to this network: it passes on tunnels inside tunnels.
    boolean eastWest() {
        return node().eastWest() && settings().multiNetwork();
    }
}
