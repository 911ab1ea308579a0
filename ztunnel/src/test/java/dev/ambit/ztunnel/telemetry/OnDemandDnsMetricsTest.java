package dev.ambit.ztunnel.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.model.Workload;
import dev.ambit.ztunnel.MeshOf;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class OnDemandDnsMetricsTest {
    private static final Workload WEB = MeshOf.workload("web", "10.0.0.1").build();
    private static final Workload CART = MeshOf.workload("cart", "10.0.0.2").build();

    private final PrometheusRegistry registry = new PrometheusRegistry();

    private List<String> series() {
        var out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.create().write(out, registry.scrape());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("istio_on_demand_dns_total"))
                .toList();
    }

    @Test
    void questions_areCountedBySourceAndName() {
        var metrics = new OnDemandDnsMetrics(registry, 10);
        metrics.asked(WEB, "ext.example.com");
        metrics.asked(WEB, "ext.example.com");

        assertThat(series())
                .containsExactly(
                        "istio_on_demand_dns_total{hostname=\"ext.example.com\",source_app=\"web\","
                                + "source_canonical_revision=\"v1\",source_canonical_service=\"web\","
                                + "source_cluster=\"Kubernetes\","
                                + "source_principal=\"spiffe://cluster.local/ns/ns/sa/web\","
                                + "source_version=\"v1\",source_workload=\"web\","
                                + "source_workload_namespace=\"ns\"} 2.0");
    }

    @Test
    void workloadThatIsGone_takesItsSeriesAlong() {
        var metrics = new OnDemandDnsMetrics(registry, 10);
        metrics.asked(WEB, "ext.example.com");
        metrics.asked(CART, "ext.example.com");
        metrics.forget(WEB.uid());

        assertThat(series()).hasSize(1).first().asString().contains("sa/cart");
    }

    @Test
    void seriesBeyondTheLimit_areCountedTogether() {
        var metrics = new OnDemandDnsMetrics(registry, 1);
        metrics.asked(WEB, "a.example.com");
        metrics.asked(WEB, "b.example.com");
        metrics.asked(CART, "c.example.com");
        metrics.asked(WEB, "a.example.com");

        assertThat(series()).hasSize(2);
        assertThat(series()).anyMatch(s -> s.contains("a.example.com") && s.endsWith(" 2.0"));
        assertThat(series())
                .anyMatch(s -> s.contains("hostname=\"unknown\"") && s.endsWith(" 2.0"));
    }
}
