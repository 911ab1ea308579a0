package dev.ambit.waypoint;

import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.model.TunnelFront;
import dev.ambit.waypoint.model.WaypointModel;
import dev.ambit.waypoint.telemetry.ConnectTelemetry;
import java.util.function.Supplier;

/// What the front's configuration of the moment says, for a front that has none of its own.
record CurrentFront(Supplier<WaypointModel> model) implements ConnectTelemetry {
    private ConnectTelemetry now() {
        return model.get().tunnel().map(TunnelFront::telemetry).orElse(ConnectTelemetry.NONE);
    }

    @Override
    public void onConnect(ConnectionInfo connection) {
        now().onConnect(connection);
    }

    @Override
    public void onConnectEnd(StreamInfo info) {
        now().onConnectEnd(info);
    }

    @Override
    public void onNoChain(StreamInfo info) {
        now().onNoChain(info);
    }
}
