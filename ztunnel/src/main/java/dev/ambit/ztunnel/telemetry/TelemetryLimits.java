package dev.ambit.ztunnel.telemetry;

import java.time.Duration;

/// What telemetry may hold at most.
///
/// @param trafficSeries label sets of the traffic metrics; connections beyond share one set in
///   which every label is `unknown`
/// @param goneSeries how long the series of a workload that is gone can still be scraped: some
///   scrape intervals
/// @param idleSeries after how long without a connection a series is forgotten
public record TelemetryLimits(int trafficSeries, Duration goneSeries, Duration idleSeries) {

    public static TelemetryLimits defaults() {
        return new TelemetryLimits(50_000, Duration.ofMinutes(5), Duration.ofHours(1));
    }

    public TelemetryLimits withTrafficSeries(int most) {
        return new TelemetryLimits(most, goneSeries, idleSeries);
    }
}
