package dev.ambit.hbone;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import javax.net.ssl.SSLSession;

/// Where a tunnel gets its TLS from. This module neither makes certificates nor reads them.
///
/// @param <P> the proof of the peer's identity, opaque here
public interface TunnelTls<P> {
    /// A handler for one connection; its engine offers, or requires, ALPN `h2`. May put handlers of
    /// its own into the channel's pipeline: they come before the one that it returns. Called on the
    /// connection's event loop; does not block.
    SslHandler newHandler(Channel channel);

    /// Judges the peer once the handshake is complete and before any byte is sent to it.
    PeerCheck<P> check(SSLSession session, Channel channel);

    sealed interface PeerCheck<P> {
        record Proven<P>(P peer) implements PeerCheck<P> {}

        /// @param detail what was expected and what was presented
        record Rejected<P>(String detail) implements PeerCheck<P> {}
    }
}
