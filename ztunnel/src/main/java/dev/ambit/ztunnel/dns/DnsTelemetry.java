package dev.ambit.ztunnel.dns;

import dev.ambit.mesh.model.Workload;
import dev.ambit.process.log.FieldLog;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The DNS metrics, in Istio's names, and the query log (logger `dns`, level debug).
public final class DnsTelemetry implements DnsReporter {
    private static final FieldLog QUERIES = FieldLog.of("dns");
    private static final double[] SECONDS = {0.0005, 0.001, 0.01, 0.1, 1, 5};
    private static final String[] LABELS = {
        "request_query_type",
        "request_protocol",
        "source_canonical_service",
        "source_canonical_revision"
    };

    private final int maxSeries;
    private final Counter requests;
    private final Counter upstreamRequests;
    private final Counter upstreamFailures;
    private final Histogram upstreamSeconds;
    private final Counter refused;

    /// Which workloads each label set is of: it goes with the last of them.
    private final Map<Labels, Set<String>> series = new ConcurrentHashMap<>();

    private record Labels(String type, String protocol, String service, String revision) {
        static final Labels OVERFLOW = new Labels("unknown", "unknown", "unknown", "unknown");

        String[] values() {
            return new String[] {type, protocol, service, revision};
        }
    }

    public DnsTelemetry(PrometheusRegistry registry, DnsLimits limits) {
        maxSeries = limits.metricSeries();
        requests = counter(registry, "istio_dns_requests", "DNS queries of pods");
        upstreamRequests =
                counter(registry, "istio_dns_upstream_requests", "DNS queries handed on");
        upstreamFailures =
                counter(
                        registry,
                        "istio_dns_upstream_failures",
                        "DNS queries handed on that no name server answered");
        upstreamSeconds =
                Histogram.builder()
                        .name("istio_dns_upstream_request_duration_seconds")
                        .help("Time until a name server answered")
                        .classicOnly()
                        .classicUpperBounds(SECONDS)
                        .labelNames(LABELS)
                        .register(registry);
        refused =
                Counter.builder()
                        .name("ambit_dns_refused")
                        .help("DNS messages that were not taken")
                        .labelNames("reason")
                        .register(registry);
    }

    private static Counter counter(PrometheusRegistry registry, String name, String help) {
        return Counter.builder().name(name).help(help).labelNames(LABELS).register(registry);
    }

    @Override
    public void refused(DnsRefusal why) {
        refused.labelValues(why.label()).inc();
        QUERIES.debug("message refused", "reason", why.text());
    }

    @Override
    public void completed(Report report) {
        var labels = labels(report).values();
        requests.labelValues(labels).inc();
        switch (report.outcome()) {
            case Outcome.Answered(var result, int endpoints) -> log(report, result, endpoints);
            case Outcome.Forwarded(var took, int answers) -> {
                forwarded(labels, took);
                log(report, "forwarded", answers);
            }
            case Outcome.ForwardingFailed(var took, var why) -> {
                forwarded(labels, took);
                upstreamFailures.labelValues(labels).inc();
                log(report, "forwarding failed (" + why + ")", 0);
            }
            case Outcome.ClientUnknown() -> log(report, "unknown source", 0);
            case Outcome.Refused(var why) -> {
                refused.labelValues(why.label()).inc();
                log(report, why.text(), 0);
            }
        }
    }

    private void forwarded(String[] labels, Duration took) {
        upstreamRequests.labelValues(labels).inc();
        upstreamSeconds.labelValues(labels).observe(took.toNanos() / 1e9);
    }

    private static void log(Report report, String result, int endpoints) {
        if (!QUERIES.isDebugEnabled()) {
            return;
        }
        QUERIES.debug(
                "query",
                "src.workload",
                report.client().map(Workload::name).orElse("unknown"),
                "src.namespace",
                report.client().map(Workload::namespace).orElse("unknown"),
                "query",
                report.type().orElse(null),
                "domain",
                report.domain().orElse(null),
                "result",
                result,
                "endpoints",
                endpoints);
    }

    private Labels labels(Report report) {
        var labels =
                new Labels(
                        report.typeLabel(),
                        report.tcp() ? "tcp" : "udp",
                        known(report.client().map(Workload::canonicalName).orElse("")),
                        known(report.client().map(Workload::canonicalRevision).orElse("")));
        var uid = report.client().map(Workload::uid).orElse("");
        var users = series.get(labels);
        if (users != null && users.contains(uid)) {
            return labels;
        }
        if (users == null && series.size() >= maxSeries) {
            return Labels.OVERFLOW;
        }
        series.compute(
                labels,
                (_, before) -> {
                    var all = before == null ? new HashSet<String>() : new HashSet<>(before);
                    all.add(uid);
                    return Set.copyOf(all);
                });
        return labels;
    }

    /// The workload is gone: series that no other one shares go with it.
    public void forget(String uid) {
        for (var labels : Set.copyOf(series.keySet())) {
            series.computeIfPresent(
                    labels,
                    (_, users) -> {
                        var left = new HashSet<>(users);
                        if (!left.remove(uid)) {
                            return users;
                        }
                        if (left.isEmpty()) {
                            remove(labels.values());
                            return null;
                        }
                        return Set.copyOf(left);
                    });
        }
    }

    private void remove(String[] labels) {
        requests.remove(labels);
        upstreamRequests.remove(labels);
        upstreamFailures.remove(labels);
        upstreamSeconds.remove(labels);
    }

    private static String known(String value) {
        return value.isEmpty() ? "unknown" : value;
    }
}
