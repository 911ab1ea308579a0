package dev.ambit.ztunnel.telemetry;

import java.time.Duration;

/// What telemetry and the servers around it may hold at most.
///
/// @param logQueueLines lines that wait for a slow reader of stdout; more are dropped and counted
/// @param logBatchLines lines per write
/// @param logGather how long a line waits for others, to be written with them
/// @param logLineChars a longer line is cut, with a mark
/// @param trafficSeries label sets of the traffic metrics; connections beyond share one set in
///   which every label is `unknown`
public record TelemetryLimits(
        int logQueueLines,
        int logBatchLines,
        int logLineChars,
        Duration logGather,
        int trafficSeries) {

    public static TelemetryLimits defaults() {
        return new TelemetryLimits(10_000, 64, 16_384, Duration.ofMillis(10), 50_000);
    }
}
