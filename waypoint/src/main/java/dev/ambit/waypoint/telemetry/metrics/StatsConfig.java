package dev.ambit.waypoint.telemetry.metrics;

import dev.ambit.waypoint.telemetry.cel.Expression;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// What Istio's `stats` filter is told, compiled.
///
/// @param metrics changes, in the order in which they are applied
/// @param definitions metrics of one's own
/// @param hostFallback whether the authority is the service where the cluster names none
/// @param interval `tcp_reporting_duration`
public record StatsConfig(
        List<Change> metrics,
        List<Definition> definitions,
        boolean hostFallback,
        Duration interval) {

    public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(5);

    public static final StatsConfig DEFAULTS =
            new StatsConfig(List.of(), List.of(), false, DEFAULT_INTERVAL);

    /// @param metric name without `istio_`; empty for all
    /// @param drop whether the metric is left out
    /// @param remove labels to leave out
    /// @param dimensions labels to set, or to add
    public record Change(
            String metric, boolean drop, List<String> remove, Map<String, Expression> dimensions) {}

    /// @param name without `istio_`
    public record Definition(String name, Expression value, Kind kind) {}

    public enum Kind {
        COUNTER,
        GAUGE,
        HISTOGRAM
    }
}
