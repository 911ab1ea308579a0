package dev.ambit.ztunnel.telemetry;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Istio's standard TCP metrics. The 23 to 27 label values of a pair of workloads are put together
/// once, and their counters kept, so that a connection costs a look-up and a few additions.
final class TrafficMetrics {
    private static final String[] LABELS = {
        "reporter",
        "source_workload",
        "source_canonical_service",
        "source_canonical_revision",
        "source_workload_namespace",
        "source_principal",
        "source_app",
        "source_version",
        "source_cluster",
        "destination_service",
        "destination_service_namespace",
        "destination_service_name",
        "destination_workload",
        "destination_canonical_service",
        "destination_canonical_revision",
        "destination_workload_namespace",
        "destination_principal",
        "destination_app",
        "destination_version",
        "destination_cluster",
        "request_protocol",
        "response_flags",
        "connection_security_policy",
        "source_region",
        "source_zone",
        "destination_region",
        "destination_zone"
    };

    private final Counter opened;
    private final Counter closed;
    private final Counter failed;
    private final Counter received;
    private final Counter sent;
    private final int maxSeries;
    private final Map<Key, Series> series = new ConcurrentHashMap<>();

    /// What the labels are made of, but for addresses and flags.
    record Key(
            Direction direction,
            Party source,
            Optional<String> sourcePrincipal,
            Optional<String> service,
            Optional<String> serviceNamespace,
            Party destination,
            Optional<String> destinationPrincipal,
            SecurityPolicy security) {
        static Key of(ConnectionDescription d) {
            return new Key(
                    d.direction(),
                    d.sourceParty(),
                    d.sourceIdentity().map(Object::toString),
                    d.service().map(s -> s.hostname()),
                    d.service().map(s -> s.namespace()),
                    d.destinationParty(),
                    d.destinationIdentity().map(Object::toString),
                    d.security());
        }
    }

    TrafficMetrics(PrometheusRegistry registry, TelemetryLimits limits) {
        maxSeries = limits.trafficSeries();
        opened = counter(registry, "istio_tcp_connections_opened", "TCP connections opened");
        closed = counter(registry, "istio_tcp_connections_closed", "TCP connections closed");
        failed = counter(registry, "istio_tcp_connections_failed", "TCP connections that failed");
        received = counter(registry, "istio_tcp_received_bytes", "Bytes from clients to servers");
        sent = counter(registry, "istio_tcp_sent_bytes", "Bytes from servers to clients");
    }

    private static Counter counter(PrometheusRegistry registry, String name, String help) {
        return Counter.builder().name(name).help(help).labelNames(LABELS).register(registry);
    }

    Series of(ConnectionDescription description) {
        var key = Key.of(description);
        var known = series.get(key);
        if (known != null) {
            return known;
        }
        if (series.size() >= maxSeries) {
            key =
                    new Key(
                            description.direction(),
                            Party.UNKNOWN,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Party.UNKNOWN,
                            Optional.empty(),
                            description.security());
        }
        return series.computeIfAbsent(key, Series::new);
    }

    /// Drops the series in which this workload is a side.
    void forget(String uid) {
        for (var entry : Set.copyOf(series.entrySet())) {
            var key = entry.getKey();
            if (key.source.uid().equals(uid) || key.destination.uid().equals(uid)) {
                series.remove(key);
                entry.getValue().remove();
            }
        }
    }

    /// The counters of one pair.
    final class Series {
        private final Key key;
        private final String[] healthy;
        private final CounterDataPoint openedPoint;
        private final CounterDataPoint closedPoint;
        private final CounterDataPoint receivedPoint;
        private final CounterDataPoint sentPoint;

        Series(Key key) {
            this.key = key;
            this.healthy = labels(key, ResponseFlag.NONE);
            this.openedPoint = opened.labelValues(healthy);
            this.closedPoint = closed.labelValues(healthy);
            this.receivedPoint = received.labelValues(healthy);
            this.sentPoint = sent.labelValues(healthy);
        }

        void opened() {
            openedPoint.inc();
        }

        void bytes(long receivedBytes, long sentBytes) {
            receivedPoint.inc(receivedBytes);
            sentPoint.inc(sentBytes);
        }

        void closed(ResponseFlag flag) {
            if (flag == ResponseFlag.NONE) {
                closedPoint.inc();
                return;
            }
            var labels = labels(key, flag);
            closed.labelValues(labels).inc();
            failed.labelValues(labels).inc();
        }

        void remove() {
            opened.remove(healthy);
            received.remove(healthy);
            sent.remove(healthy);
            for (var flag : ResponseFlag.values()) {
                var labels = labels(key, flag);
                closed.remove(labels);
                failed.remove(labels);
            }
        }
    }

    private static String[] labels(Key k, ResponseFlag flag) {
        var service = k.service.orElse("");
        int dot = service.indexOf('.');
        return new String[] {
            k.direction.reporter(),
            known(k.source.workload()),
            known(k.source.canonicalService()),
            known(k.source.revision()),
            known(k.source.namespace()),
            known(k.sourcePrincipal.orElse("")),
            known(k.source.app()),
            known(k.source.revision()),
            known(k.source.cluster()),
            known(service),
            known(k.serviceNamespace.orElse("")),
            known(dot < 0 ? service : service.substring(0, dot)),
            known(k.destination.workload()),
            known(k.destination.canonicalService()),
            known(k.destination.revision()),
            known(k.destination.namespace()),
            known(k.destinationPrincipal.orElse("")),
            known(k.destination.app()),
            known(k.destination.revision()),
            known(k.destination.cluster()),
            "tcp",
            flag.label(),
            k.security.label(),
            known(k.source.region()),
            known(k.source.zone()),
            known(k.destination.region()),
            known(k.destination.zone())
        };
    }

    private static String known(String value) {
        return value.isEmpty() ? "unknown" : value;
    }
}
