package dev.ambit.waypoint.pool;

import java.time.Duration;

/// `HttpProtocolOptions`. Durations of zero are off.
///
/// @param idleTimeout of a connection without exchanges
/// @param maxDuration of a connection; then it takes no new ones
/// @param maxRequests on one connection; 0 for no limit
/// @param maxConcurrentStreams of HTTP/2
/// @param initialStreamWindow bytes; 0 for ours
/// @param initialConnectionWindow bytes; 0 for ours
/// @param pingInterval of HTTP/2 keep-alive
/// @param pingTimeout of HTTP/2 keep-alive
/// @param preserveCase whether HTTP/1 header names go out as they came in
/// @param maxResponseHeaders fields
public record HttpClientConfig(
        Version version,
        Duration idleTimeout,
        Duration maxDuration,
        long maxRequests,
        int maxConcurrentStreams,
        int initialStreamWindow,
        int initialConnectionWindow,
        Duration pingInterval,
        Duration pingTimeout,
        boolean preserveCase,
        int maxResponseHeaders) {

    public enum Version {
        HTTP_1,
        HTTP_2,
        /// As the downstream connection speaks.
        DOWNSTREAM,
        /// By ALPN.
        AUTO
    }
}
