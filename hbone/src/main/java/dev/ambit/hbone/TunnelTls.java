package dev.ambit.hbone;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslHandler;
import javax.net.ssl.SSLSession;

/// Where a tunnel gets its TLS from. This module neither makes certificates nor reads them.
///
/// @param <P> the proof of the peer's identity, opaque here
public interface TunnelTls<P> {
    /// A handler for one connection; its engine offers, or requires, ALPN `h2`. Called on the
    /// connection's event loop; does not block.
    SslHandler newHandler(ByteBufAllocator allocator);

    /// Judges the peer once the handshake is complete and before any byte is sent to it.
    PeerCheck<P> check(SSLSession session);

    sealed interface PeerCheck<P> {
        record Proven<P>(P peer) implements PeerCheck<P> {}

        /// @param detail what was expected and what was presented
        record Rejected<P>(String detail) implements PeerCheck<P> {}
    }
}
