package dev.ambit.ztunnel.telemetry;

import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/// How long connections wait, and for what. Twelve histograms in all, whatever the number of pods;
/// an observation is a few additions.
final class PhaseMetrics {
    private static final double NANOS = 1e9;
    private static final double[] BUCKETS = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
        10
    };

    private final DistributionDataPoint[][] points =
            new DistributionDataPoint[Phase.values().length][Direction.values().length];

    PhaseMetrics(PrometheusRegistry registry) {
        var histogram =
                Histogram.builder()
                        .name("ambit_connection_phase_seconds")
                        .help("What connections wait for before their first byte arrives")
                        .labelNames("phase", "reporter")
                        .classicOnly()
                        .classicUpperBounds(BUCKETS)
                        .register(registry);
        for (var phase : Phase.values()) {
            for (var direction : Direction.values()) {
                points[phase.ordinal()][direction.ordinal()] =
                        histogram.labelValues(phase.label(), direction.reporter());
            }
        }
    }

    void took(Phase phase, Direction direction, long nanos) {
        points[phase.ordinal()][direction.ordinal()].observe(nanos / NANOS);
    }
}
