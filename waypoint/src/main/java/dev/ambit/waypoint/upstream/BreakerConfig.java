package dev.ambit.waypoint.upstream;

import java.time.Duration;
import java.util.Optional;

/// `CircuitBreakers.Thresholds` of the default priority.
///
/// @param maxPending exchanges that wait for a connection
/// @param maxRequests exchanges on connections
/// @param trackRemaining whether metrics tell what is left
public record BreakerConfig(
        long maxConnections,
        long maxPending,
        long maxRequests,
        long maxRetries,
        Optional<RetryBudget> retryBudget,
        boolean trackRemaining) {
    /// Envoy's, of each limit but retries.
    public static final long DEFAULT = 1024;

    /// Envoy's.
    public static final long DEFAULT_RETRIES = 3;

    public static final BreakerConfig DEFAULTS =
            new BreakerConfig(DEFAULT, DEFAULT, DEFAULT, DEFAULT_RETRIES, Optional.empty(), false);

    /// Retries as a share of what is going on, in place of `maxRetries`.
    ///
    /// @param percent of active and waiting exchanges
    /// @param minConcurrency retries that are always allowed
    /// @param interval over which exchanges count; zero for those of the moment
    public record RetryBudget(double percent, long minConcurrency, Duration interval) {
        /// Envoy's.
        public static final double DEFAULT_PERCENT = 20;

        /// Envoy's.
        public static final long DEFAULT_MIN = 3;
    }
}
