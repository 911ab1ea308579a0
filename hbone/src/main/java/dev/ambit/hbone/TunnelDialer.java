package dev.ambit.hbone;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.function.Consumer;

/// Makes the connections that a pool puts tunnels on: sockets, addresses and identities are its
/// user's business.
///
/// @param <K> what connections must have in common to share a tunnel
/// @param <P> the proof of the peer's identity
public interface TunnelDialer<K, P> {
    /// Connects a socket that is registered on `loop`; calls back there, once, within a deadline of
    /// its own.
    void dial(K key, EventLoop loop, Consumer<Dialled<P>> whenDone);

    sealed interface Dialled<P> {
        /// @param channel connected, with nothing in its pipeline, and not reading yet
        record Connected<P>(Channel channel, TunnelTls<P> tls) implements Dialled<P> {}

        record Failed<P>(HboneFault fault) implements Dialled<P> {}
    }
}
