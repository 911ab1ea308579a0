package dev.ambit.ztunnel.telemetry;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.Locale;

/// What the DNS proxy counts. Any thread.
public final class DnsMetrics {
    private static final String[] LABELS = {
        "request_query_type",
        "request_protocol",
        "source_canonical_service",
        "source_canonical_revision"
    };

    private final Counter requests;
    private final Counter upstreamRequests;
    private final Counter upstreamFailures;
    private final Histogram upstreamDuration;

    DnsMetrics(PrometheusRegistry registry) {
        requests =
                counter(registry, "istio_dns_requests", "Total number of DNS requests (unstable).");
        upstreamRequests =
                counter(
                        registry,
                        "istio_dns_upstream_requests",
                        "Total number of DNS requests forwarded to upstream (unstable).");
        upstreamFailures =
                counter(
                        registry,
                        "istio_dns_upstream_failures",
                        "Total number of DNS requests forwarded to upstream that failed (unstable).");
        upstreamDuration =
                Histogram.builder()
                        .name("istio_dns_upstream_request_duration_seconds")
                        .help(
                                "Total time in seconds Istio takes to get DNS response from upstream"
                                        + " (unstable).")
                        .labelNames(LABELS)
                        .classicOnly()
                        .classicUpperBounds(0.0005, 0.001, 0.01, 0.1, 1, 5)
                        .register(registry);
    }

    private static Counter counter(PrometheusRegistry registry, String name, String help) {
        return Counter.builder().name(name).help(help).labelNames(LABELS).register(registry);
    }

    /// Who asks what, and how.
    ///
    /// @param queryType `A`, `AAAA`, ...; not what a stranger wrote, but one of the known names
    /// @param protocol `udp` or `tcp`
    public record Query(String queryType, String protocol, Party source) {
        private String[] labels() {
            return new String[] {
                queryType.toLowerCase(Locale.ROOT),
                protocol,
                known(source.canonicalService()),
                known(source.revision())
            };
        }

        private static String known(String value) {
            return value.isEmpty() ? "unknown" : value;
        }
    }

    public void asked(Query query) {
        requests.labelValues(query.labels()).inc();
    }

    public void forwarded(Query query) {
        upstreamRequests.labelValues(query.labels()).inc();
    }

    public void forwardFailed(Query query) {
        upstreamFailures.labelValues(query.labels()).inc();
    }

    public void forwardTook(Query query, Duration time) {
        upstreamDuration.labelValues(query.labels()).observe(time.toNanos() / 1e9);
    }
}
