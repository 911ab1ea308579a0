package dev.ambit.waypoint.pool;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.exchange.TunnelPeer;
import org.jspecify.annotations.Nullable;

/// What came of dialling a host.
sealed interface Dialled {
    /// @param bytes delivers nothing before `attach`
    /// @param localAddress `ip:port`; empty in a tunnel
    /// @param alpn agreed on in TLS; empty for none
    /// @param peer at the end of its tunnel; null where there is none
    record Ready(Duplex bytes, String localAddress, String alpn, @Nullable TunnelPeer peer)
            implements Dialled {}

    record Failed(HostPools.PoolFailure failure) implements Dialled {}

    static Dialled failed(HostPools.PoolFailure.Kind kind, String detail) {
        return new Failed(new HostPools.PoolFailure(kind, detail));
    }
}
