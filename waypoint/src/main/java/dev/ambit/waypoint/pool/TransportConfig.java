package dev.ambit.waypoint.pool;

import java.time.Duration;
import java.util.Optional;

/// What lies between the target's bytes and HTTP: in this order PROXY protocol, then TLS. Inside
/// the tunnel, where there is one.
///
/// @param connectTimeout for the connection with everything that belongs to it
/// @param keepAlive of TCP, for direct targets
public record TransportConfig(
        Optional<TlsClientConfig> tls,
        Optional<ProxyProtocol> proxyProtocol,
        Duration connectTimeout,
        Optional<TcpKeepAlive> keepAlive,
        HttpClientConfig http) {

    public enum ProxyProtocol {
        V1,
        V2
    }

    /// @param probes before the connection is given up
    public record TcpKeepAlive(int probes, Duration time, Duration interval) {}
}
