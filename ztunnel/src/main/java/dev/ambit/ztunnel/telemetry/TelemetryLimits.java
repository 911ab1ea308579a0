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
/// @param goneSeries how long the series of a workload that is gone can still be scraped: some
///   scrape intervals
/// @param idleSeries after how long without a connection a series is forgotten
/// @param pageHeader from a connection to a page until its request is there
/// @param pageHeaderBytes of a request
/// @param pageConnections open at a time, per page; more are closed at once
public record TelemetryLimits(
        int logQueueLines,
        int logBatchLines,
        int logLineChars,
        Duration logGather,
        int trafficSeries,
        Duration goneSeries,
        Duration idleSeries,
        Duration pageHeader,
        int pageHeaderBytes,
        int pageConnections) {

    public static TelemetryLimits defaults() {
        return new TelemetryLimits(
                10_000,
                64,
                16_384,
                Duration.ofMillis(10),
                50_000,
                Duration.ofMinutes(5),
                Duration.ofHours(1),
                Duration.ofSeconds(2),
                8 << 10,
                128);
    }

    public TelemetryLimits withTrafficSeries(int most) {
        return new TelemetryLimits(
                logQueueLines,
                logBatchLines,
                logLineChars,
                logGather,
                most,
                goneSeries,
                idleSeries,
                pageHeader,
                pageHeaderBytes,
                pageConnections);
    }

    public TelemetryLimits withLog(int queueLines, int batchLines, int lineChars, Duration gather) {
        return new TelemetryLimits(
                queueLines,
                batchLines,
                lineChars,
                gather,
                trafficSeries,
                goneSeries,
                idleSeries,
                pageHeader,
                pageHeaderBytes,
                pageConnections);
    }
}
