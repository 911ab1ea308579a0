package dev.ambit.waypoint.telemetry;

import java.time.Duration;

/// What telemetry may hold at most.
///
/// @param peers addresses whose workloads are kept at hand
/// @param series label sets of one metric; what would be more is counted in one set in which every
///   label is `unknown`
/// @param seriesIdle after how long without a change a series is forgotten
/// @param seriesCache label sets that one chain keeps at hand
/// @param logQueueLines lines that wait for a slow file; more are dropped and counted
/// @param logLineBytes a longer line is cut
/// @param logFlush how long a line waits for others, to be written with them
/// @param batchBytes of one message to a collector
/// @param batchEntries of one message to a collector
/// @param batchDelay how long an entry waits for others
/// @param exportQueue entries that wait for a collector; more are dropped and counted
/// @param exportInFlight messages to one collector that wait for its answer
/// @param exportTimeout of one message, where the configuration names none
/// @param exporters collectors that chains share; with more, the oldest is made anew when it is
///   asked for
/// @param tagValueBytes of one tag of a span
/// @param expressionChars of one expression
public record TelemetryLimits(
        int peers,
        int series,
        Duration seriesIdle,
        int seriesCache,
        int logQueueLines,
        int logLineBytes,
        Duration logFlush,
        int batchBytes,
        int batchEntries,
        Duration batchDelay,
        int exportQueue,
        int exportInFlight,
        Duration exportTimeout,
        int exporters,
        int tagValueBytes,
        int expressionChars) {

    public static TelemetryLimits defaults() {
        return new TelemetryLimits(
                20_000,
                20_000,
                Duration.ofHours(1),
                10_000,
                20_000,
                64 << 10,
                Duration.ofMillis(50),
                16 << 10,
                512,
                Duration.ofSeconds(1),
                5_000,
                8,
                Duration.ofSeconds(5),
                256,
                4 << 10,
                4 << 10);
    }

    public TelemetryLimits withSeries(int most, Duration idle) {
        return new TelemetryLimits(
                peers,
                most,
                idle,
                seriesCache,
                logQueueLines,
                logLineBytes,
                logFlush,
                batchBytes,
                batchEntries,
                batchDelay,
                exportQueue,
                exportInFlight,
                exportTimeout,
                exporters,
                tagValueBytes,
                expressionChars);
    }

    public TelemetryLimits withLog(int lines, int lineBytes, Duration flush) {
        return new TelemetryLimits(
                peers,
                series,
                seriesIdle,
                seriesCache,
                lines,
                lineBytes,
                flush,
                batchBytes,
                batchEntries,
                batchDelay,
                exportQueue,
                exportInFlight,
                exportTimeout,
                exporters,
                tagValueBytes,
                expressionChars);
    }

    public TelemetryLimits withExport(int queue, int inFlight) {
        return new TelemetryLimits(
                peers,
                series,
                seriesIdle,
                seriesCache,
                logQueueLines,
                logLineBytes,
                logFlush,
                batchBytes,
                batchEntries,
                batchDelay,
                queue,
                inFlight,
                exportTimeout,
                exporters,
                tagValueBytes,
                expressionChars);
    }
}
