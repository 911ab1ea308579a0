package dev.ambit.control.resource.traffic;

import java.time.Duration;
import java.util.Optional;

/// Numbers of 0 mean: not limited.
public record ConnectionPool(Optional<Tcp> tcp, Optional<Http> http) {

    public static final ConnectionPool NOTHING =
            new ConnectionPool(Optional.empty(), Optional.empty());

    /// @param idleTimeout 0s turns it off
    public record Tcp(
            int maxConnections,
            Optional<Duration> connectTimeout,
            Optional<Keepalive> keepalive,
            Optional<Duration> maxConnectionDuration,
            Optional<Duration> idleTimeout) {}

    /// @param probes 0: what the system has
    public record Keepalive(int probes, Optional<Duration> time, Optional<Duration> interval) {}

    public record Http(
            int http1MaxPendingRequests,
            int http2MaxRequests,
            int maxRequestsPerConnection,
            int maxRetries,
            Optional<Duration> idleTimeout,
            H2Upgrade h2Upgrade,
            boolean useClientProtocol,
            int maxConcurrentStreams,
            Optional<Http2Keepalive> http2Keepalive) {}

    public record Http2Keepalive(Duration interval, Duration timeout) {}

    public enum H2Upgrade {
        /// As the mesh says.
        DEFAULT,
        DO_NOT_UPGRADE,
        UPGRADE
    }
}
