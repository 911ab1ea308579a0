package dev.ambit.waypoint.telemetry;

import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.StreamInfo;

/// What the front tells: the CONNECT requests of tunnels (`connect_terminate`), and connections
/// that no chain took.
public interface ConnectTelemetry {
    /// A tunnel's connection has been taken, and is about to be given to a chain. Finds out who
    /// calls: `ConnectionInfo.downstreamPeer`.
    void onConnect(ConnectionInfo connection);

    /// Whether a CONNECT is answered with who answers: `baggage`.
    default boolean tellsBaggage() {
        return false;
    }

    /// A CONNECT request has ended, or was refused. `request` and `responseCode` of `info` are the
    /// CONNECT's; 404 and 503 are logged here.
    void onConnectEnd(StreamInfo info);

    /// No chain takes the connection, so there is no exchange to log: flag `NR`.
    void onNoChain(StreamInfo info);

    ConnectTelemetry NONE =
            new ConnectTelemetry() {
                @Override
                public void onConnect(ConnectionInfo connection) {}

                @Override
                public void onConnectEnd(StreamInfo info) {}

                @Override
                public void onNoChain(StreamInfo info) {}
            };
}
