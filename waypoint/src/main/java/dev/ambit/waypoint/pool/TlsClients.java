package dev.ambit.waypoint.pool;

import io.netty.handler.ssl.SslHandler;

/// TLS towards hosts, with what secrets say today.
public interface TlsClients {
    /// @param sni to send; empty for none
    Handler handler(TlsClientConfig config, String sni);

    /// A handler for one connection.
    sealed interface Handler {
        record Ready(SslHandler handler) implements Handler {}

        /// @param why which secret is missing, or what is wrong with it
        record Unavailable(String why) implements Handler {}
    }
}
