package dev.ambit.ztunnel.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.ztunnel.dns.DnsReporter.Outcome;
import dev.ambit.ztunnel.dns.DnsReporter.Report;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class DnsTelemetryTest {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final DnsTelemetry telemetry = new DnsTelemetry(registry, DnsLimits.defaults());

    private static Report report(String workload, boolean tcp, Outcome outcome) {
        return new Report(
                "a",
                Optional.of("A"),
                Optional.of("www.example.com."),
                tcp,
                Optional.of(DnsMesh.workload(workload, "", "", "10.0.0.1")),
                outcome);
    }

    private List<String> samples() throws IOException {
        var out = new ByteArrayOutputStream();
        new OpenMetricsTextFormatWriter(false, false).write(out, registry.scrape());
        return out.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.startsWith("#"))
                .toList();
    }

    private static String labels(String protocol, String workload) {
        return "{request_protocol=\"%s\",request_query_type=\"a\",source_canonical_revision=\"v1\",source_canonical_service=\"%s\"}"
                .formatted(protocol, workload);
    }

    @Test
    void queries_areCountedInIstiosNames() throws IOException {
        telemetry.completed(report("web", false, new Outcome.Answered("success", 1)));
        telemetry.completed(report("web", true, new Outcome.Forwarded(Duration.ofMillis(5), 2)));
        telemetry.completed(
                report("web", true, new Outcome.ForwardingFailed(Duration.ofSeconds(4), "late")));
        telemetry.refused(DnsRefusal.OTHER_QUESTION);

        assertThat(samples())
                .contains("istio_dns_requests_total" + labels("udp", "web") + " 1.0")
                .contains("istio_dns_requests_total" + labels("tcp", "web") + " 2.0")
                .contains("istio_dns_upstream_requests_total" + labels("tcp", "web") + " 2.0")
                .contains("istio_dns_upstream_failures_total" + labels("tcp", "web") + " 1.0")
                .contains("ambit_dns_refused_total{reason=\"reply_other_question\"} 1.0")
                .anyMatch(line ->
                        line.startsWith("istio_dns_upstream_request_duration_seconds_bucket")
                                && line.contains("le=\"0.01\"")
                                && line.endsWith(" 1"));
        for (var bound : List.of("5.0E-4", "0.001", "0.1", "1.0", "5.0", "+Inf")) {
            assertThat(samples()).anyMatch(line -> line.contains("le=\"" + bound + "\""));
        }
    }

    @Test
    void workloadThatIsGone_takesItsSeriesAlong_unlessAnotherSharesThem() throws IOException {
        var shared = DnsMesh.workload("web", "", "", "10.0.0.2");
        telemetry.completed(report("web", false, new Outcome.Answered("success", 1)));
        telemetry.completed(report("cart", false, new Outcome.Answered("success", 1)));

        telemetry.forget(shared.uid());

        assertThat(samples())
                .noneMatch(line -> line.contains("\"web\""))
                .anyMatch(line -> line.contains("\"cart\""));
    }

    @Test
    void seriesBeyondTheLimit_shareOne() throws IOException {
        var few = new PrometheusRegistry();
        var d = DnsLimits.defaults();
        var limits =
                new DnsLimits(
                        d.outstandingQueries(),
                        d.tcpConnections(),
                        d.tcpIdle(),
                        d.tcpPendingBytes(),
                        d.messageBytes(),
                        d.udpAnswerBytes(),
                        d.upstreamTry(),
                        d.upstreamDeadline(),
                        d.resolverWait(),
                        d.resolverRefresh(),
                        d.resolverBytes(),
                        1);
        var small = new DnsTelemetry(few, limits);
        for (var workload : List.of("a", "b", "c")) {
            small.completed(report(workload, false, new Outcome.Answered("success", 1)));
        }

        assertThat(few.scrape(name -> name.equals("istio_dns_requests")).get(0).getDataPoints())
                .hasSize(2);
    }

    @Test
    void queryLog_hasTheReferencesFields() {
        var lines = new ArrayList<LogRecord>();
        var handler =
                new Handler() {
                    @Override
                    public void publish(LogRecord record) {
                        lines.add(record);
                    }

                    @Override
                    public void flush() {}

                    @Override
                    public void close() {}
                };
        var logger = Logger.getLogger("dns");
        logger.addHandler(handler);
        try {
            telemetry.completed(report("web", false, new Outcome.Answered("success", 4)));
            assertThat(lines).isEmpty();
            logger.setLevel(Level.FINE);
            telemetry.completed(report("web", false, new Outcome.Answered("success", 4)));
            assertThat(lines).hasSize(1);
            assertThat(lines.getFirst().getLevel()).isEqualTo(Level.FINE);
        } finally {
            logger.setLevel(null);
            logger.removeHandler(handler);
        }
    }
}
