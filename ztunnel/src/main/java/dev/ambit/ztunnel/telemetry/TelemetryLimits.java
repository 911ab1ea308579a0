package dev.ambit.ztunnel.telemetry;

import java.time.Duration;

/// What telemetry and the servers around it may hold at most.
///
/// @param logQueueLines lines that wait for a slow reader of stdout; more are dropped and counted
/// @param logBatchLines lines per write
/// @param logLineChars a longer line is cut, with a mark
/// @param trafficSeries label sets of the traffic metrics; connections beyond share one set in
///   which every label is `unknown`
/// @param vanishedSeriesRetention how long the series of a deleted workload can still be scraped
/// @param idleSeriesRetention how long a series without any connection stays
/// @param httpConnections open at one time per listener; more are closed at once
/// @param httpHeadBytes of a request: its line, and its header fields
/// @param httpBodyBytes of a request; nothing here reads one
/// @param httpFirstRequest a client that has not sent its first request by then is closed
/// @param httpIdle between two requests
/// @param httpBufferedBytes of an answer; larger ones are sent in chunks
public record TelemetryLimits(
        int logQueueLines,
        int logBatchLines,
        int logLineChars,
        int trafficSeries,
        Duration vanishedSeriesRetention,
        Duration idleSeriesRetention,
        int httpConnections,
        int httpHeadBytes,
        int httpBodyBytes,
        Duration httpFirstRequest,
        Duration httpIdle,
        int httpBufferedBytes) {

    public static TelemetryLimits defaults() {
        return new TelemetryLimits(
                10_000,
                64,
                16_384,
                50_000,
                Duration.ofMinutes(5),
                Duration.ofHours(1),
                128,
                8_192,
                8_192,
                Duration.ofSeconds(2),
                Duration.ofSeconds(60),
                262_144);
    }
}
