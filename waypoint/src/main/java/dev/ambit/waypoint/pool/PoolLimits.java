package dev.ambit.waypoint.pool;

import java.time.Duration;

/// Limits of connections to upstream hosts. The defaults are pinned by a test.
///
/// @param maxConnectionsPerKey connections of one loop to one host, whatever circuit breakers allow
/// @param maxWaitingPerKey exchanges that wait for one of them, whatever circuit breakers allow
/// @param sweepInterval how often idle and old connections are looked for; what they may live
///   longer than configured
/// @param maxTlsContexts TLS configurations in use at once; the oldest beyond go
public record PoolLimits(
        int maxConnectionsPerKey,
        int maxWaitingPerKey,
        Duration sweepInterval,
        int maxTlsContexts) {

    public static PoolLimits defaults() {
        return new PoolLimits(4_096, 16_384, Duration.ofMillis(500), 1_024);
    }
}
