package dev.ambit.waypoint.telemetry.metrics;

import dev.ambit.waypoint.telemetry.TelemetryLimits;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.ObjLongConsumer;

/// Every metric of this process: Istio's, and our own in a registry of the prometheus library.
public final class WaypointMetrics {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final SeriesTable series;
    private volatile Consumer<ObjLongConsumer<String>> named = _ -> {};

    /// @param version of Istio that this stands for: the tag of `istio_build`
    /// @param nanos the monotonic clock
    /// @param buckets of histograms; Envoy's where empty
    public WaypointMetrics(
            String version, TelemetryLimits limits, LongSupplier nanos, double[] buckets) {
        this.series = new SeriesTable(limits, nanos, buckets);
        var labels = new Labels();
        labels.add("component", "proxy");
        labels.add("tag", version.isEmpty() ? "unknown" : version);
        series.series(SeriesTable.Kind.GAUGE, "istio_build", labels.text(), labels.unknown())
                .add(1);
        counter(
                "ambit_metrics_overflow_total",
                "Label sets that were one too many and are counted as unknown",
                series::overflow);
        gauge("ambit_metrics_series", "Series of Istio's metrics", series::size);
    }

    public SeriesTable series() {
        return series;
    }

    /// For metrics that others keep.
    public PrometheusRegistry registry() {
        return registry;
    }

    /// A counter that somebody else keeps.
    public void counter(String name, String help, LongSupplier value) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsLong()))
                .register(registry);
    }

    /// Counters whose names come and go, under Envoy's names: `http.rbac.denied` is
    /// `envoy_http_rbac_denied` here, as Envoy's own page prints it.
    ///
    /// @param all tells each
    public void counters(Consumer<ObjLongConsumer<String>> all) {
        named = all;
    }

    private String named() {
        var sorted = new TreeMap<String, Long>();
        named.accept((name, value) -> sorted.merge(prometheusName(name), value, Long::sum));
        var out = new StringBuilder();
        sorted.forEach((name, value) -> {
            out.append("# TYPE ").append(name).append(" counter\n");
            out.append(name).append("{} ").append(value).append('\n');
        });
        return out.toString();
    }

    /// Anything but letters, digits, `_` and `:` becomes `_`.
    static String prometheusName(String name) {
        var text = new StringBuilder("envoy_");
        for (int at = 0; at < name.length(); at++) {
            char c = name.charAt(at);
            boolean kept =
                    c >= 'a' && c <= 'z'
                            || c >= 'A' && c <= 'Z'
                            || c >= '0' && c <= '9'
                            || c == '_'
                            || c == ':';
            text.append(kept ? c : '_');
        }
        return text.toString();
    }

    /// A gauge whose value is asked for at each scrape.
    public void gauge(String name, String help, LongSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsLong()))
                .register(registry);
    }

    /// Content type of `exposition`.
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /// Every metric in Prometheus' text format.
    public byte[] exposition() {
        var out = new ByteArrayOutputStream();
        out.writeBytes(series.text().getBytes(StandardCharsets.UTF_8));
        out.writeBytes(named().getBytes(StandardCharsets.UTF_8));
        try {
            PrometheusTextFormatWriter.create().write(out, registry.scrape());
        } catch (IOException impossible) {
            throw new IllegalStateException("writing to memory", impossible);
        }
        return out.toByteArray();
    }
}
