package dev.ambit.waypoint.upstream;

import java.time.Duration;
import java.util.Set;

/// `OutlierDetection`. Percents are 0 to 100.
///
/// @param interval between sweeps
/// @param baseEjectionTime multiplied by how often a host has been ejected
/// @param maxEjectionJitter added at random, so that hosts don't come back at once
/// @param alwaysEjectOne whether one host may be ejected whatever the percentage
/// @param splitLocalErrors whether errors of this side (connecting, timeouts) count for themselves
/// @param errorStatuses statuses that count as errors in place of 5xx; empty for 5xx
public record OutlierConfig(
        Duration interval,
        Duration baseEjectionTime,
        Duration maxEjectionTime,
        Duration maxEjectionJitter,
        int maxEjectionPercent,
        boolean alwaysEjectOne,
        Consecutive consecutive,
        SuccessRate successRate,
        FailurePercentage failurePercentage,
        boolean splitLocalErrors,
        Set<Integer> errorStatuses) {

    /// Errors in a row, and how surely that many eject.
    public record Consecutive(
            int serverErrors,
            int enforcingServerErrors,
            int gatewayErrors,
            int enforcingGatewayErrors,
            int localErrors,
            int enforcingLocalErrors) {
        public static final Consecutive DEFAULTS = new Consecutive(5, 100, 5, 0, 5, 100);
    }

    /// Hosts that do much worse than the mean.
    ///
    /// @param minHosts with enough requests
    /// @param requestVolume requests in an interval for a host to be judged
    /// @param stdevFactor thousandths of a standard deviation
    public record SuccessRate(
            int minHosts, int requestVolume, int stdevFactor, int enforcing, int enforcingLocal) {
        public static final SuccessRate DEFAULTS = new SuccessRate(5, 100, 1900, 100, 100);
    }

    /// Hosts that fail more than an absolute share.
    public record FailurePercentage(
            int threshold, int minHosts, int requestVolume, int enforcing, int enforcingLocal) {
        public static final FailurePercentage DEFAULTS = new FailurePercentage(85, 5, 50, 0, 0);
    }

    public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(10);
    public static final Duration DEFAULT_BASE_EJECTION = Duration.ofSeconds(30);
    public static final Duration DEFAULT_MAX_EJECTION = Duration.ofMinutes(5);

    /// Percent.
    public static final int DEFAULT_MAX_EJECTED = 10;

    public static final OutlierConfig DEFAULTS =
            new OutlierConfig(
                    DEFAULT_INTERVAL,
                    DEFAULT_BASE_EJECTION,
                    DEFAULT_MAX_EJECTION,
                    Duration.ZERO,
                    DEFAULT_MAX_EJECTED,
                    false,
                    Consecutive.DEFAULTS,
                    SuccessRate.DEFAULTS,
                    FailurePercentage.DEFAULTS,
                    false,
                    Set.of());
}
