package dev.ambit.waypoint.pool;

import dev.ambit.hbone.Duplex;

/// What came of dialling a host.
sealed interface Dialled {
    /// @param bytes delivers nothing before `attach`
    /// @param localAddress `ip:port`; empty in a tunnel
    /// @param alpn agreed on in TLS; empty for none
    record Ready(Duplex bytes, String localAddress, String alpn) implements Dialled {}

    record Failed(HostPools.PoolFailure failure) implements Dialled {}

    static Dialled failed(HostPools.PoolFailure.Kind kind, String detail) {
        return new Failed(new HostPools.PoolFailure(kind, detail));
    }
}
