package dev.ambit.waypoint.xds.listener;

import dev.ambit.waypoint.exchange.DynamicHost;
import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.stage.NetworkStep;

/// Sends a connection to the host that its TLS client hello names, `sni_dynamic_forward_proxy`: the
/// host is left in the filter state, where clusters that resolve names look for it.
///
/// @param port where that host is
record SniForwardStage(String name, int port) implements NetworkStage {
    @Override
    public NetworkStep onConnection(Connection connection) {
        var info = connection.info();
        var host = info.connection().serverName();
        if (!host.isEmpty()) {
            DynamicHost.set(info, host, port);
        }
        return NetworkStep.PASS;
    }
}
