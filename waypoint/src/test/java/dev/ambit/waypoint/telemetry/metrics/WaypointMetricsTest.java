package dev.ambit.waypoint.telemetry.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.telemetry.TelemetryLimits;
import org.junit.jupiter.api.Test;

/// The page as a whole.
class WaypointMetricsTest {
    private static WaypointMetrics metrics(double... buckets) {
        return new WaypointMetrics("1.31", TelemetryLimits.defaults(), () -> 0, buckets);
    }

    @Test
    void namedCounters_areOnThePage_underEnvoysNames() {
        var counters = new SecurityCounters();
        counters.counter("http.inbound_0.0.0.0_80;.rbac.denied").add(3);
        counters.counter("tcp.rbac.allowed").increment();
        var metrics = metrics();
        metrics.counters(counters::forEach);
        assertThat(new String(metrics.exposition(), UTF_8))
                .contains(
                        "# TYPE envoy_http_inbound_0_0_0_0_80__rbac_denied counter\n"
                                + "envoy_http_inbound_0_0_0_0_80__rbac_denied{} 3\n")
                .contains("envoy_tcp_rbac_allowed{} 1\n");
    }

    @Test
    void countersThatComeLater_areThere() {
        var counters = new SecurityCounters();
        var metrics = metrics();
        metrics.counters(counters::forEach);
        assertThat(new String(metrics.exposition(), UTF_8)).doesNotContain("envoy_");
        counters.counter("a").increment();
        assertThat(new String(metrics.exposition(), UTF_8)).contains("envoy_a{} 1\n");
    }

    @Test
    void buckets_areThoseThatAreAskedFor() {
        var metrics = metrics(1, 5);
        metrics.series().series(SeriesTable.Kind.HISTOGRAM, "istio_request_bytes", "", "").add(3);
        var text = new String(metrics.exposition(), UTF_8);
        assertThat(text)
                .contains("istio_request_bytes_bucket{le=\"1\"} 0\n")
                .contains("istio_request_bytes_bucket{le=\"5\"} 1\n")
                .doesNotContain("le=\"10\"");
    }
}
