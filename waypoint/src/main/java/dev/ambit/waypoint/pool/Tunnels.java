package dev.ambit.waypoint.pool;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.exchange.TunnelPeer;
import java.util.function.Consumer;

/// Opens streams through tunnels with this waypoint's own identity. One for each loop.
public interface Tunnels {
    void open(Target.Tunnel target, Consumer<Opened> whenDone);

    void open(Target.GatewayTunnel target, Consumer<Opened> whenDone);

    /// Tunnels take no new streams and end with their last: a renewed certificate, a drain.
    void retire();

    /// What came of it.
    sealed interface Opened {
        record Ready(Duplex bytes, TunnelPeer peer) implements Opened {}

        record Failed(boolean timedOut, String detail) implements Opened {}
    }
}
