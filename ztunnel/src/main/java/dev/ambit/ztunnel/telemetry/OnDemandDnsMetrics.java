package dev.ambit.ztunnel.telemetry;

import dev.ambit.mesh.model.Workload;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Connections for which a name had to be resolved, by who asked and for which name.
final class OnDemandDnsMetrics {
    private static final String[] LABELS = {
        "source_workload",
        "source_canonical_service",
        "source_canonical_revision",
        "source_workload_namespace",
        "source_principal",
        "source_app",
        "source_version",
        "source_cluster",
        "hostname"
    };

    private final Counter counter;
    private final int maxSeries;
    private final Set<Series> series = ConcurrentHashMap.newKeySet();

    private record Series(Party source, String principal, String hostname) {
        static final Series REST = new Series(Party.UNKNOWN, "", "");

        String[] labels() {
            return new String[] {
                known(source.workload()),
                known(source.canonicalService()),
                known(source.revision()),
                known(source.namespace()),
                known(principal),
                known(source.app()),
                known(source.revision()),
                known(source.cluster()),
                known(hostname)
            };
        }

        private static String known(String value) {
            return value.isEmpty() ? "unknown" : value;
        }
    }

    /// @param maxSeries beyond, all that is new is counted in one series of unknowns
    OnDemandDnsMetrics(PrometheusRegistry registry, int maxSeries) {
        this.maxSeries = maxSeries;
        counter =
                Counter.builder()
                        .name("istio_on_demand_dns")
                        .help("Connections for which a hostname was resolved on demand")
                        .labelNames(LABELS)
                        .register(registry);
    }

    void asked(Workload source, String hostname) {
        var one = new Series(Party.of(source), source.identity().toString(), hostname);
        if (!series.contains(one) && series.size() >= maxSeries) {
            one = Series.REST;
        }
        series.add(one);
        counter.labelValues(one.labels()).inc();
    }

    /// Drops the series of a workload that is gone.
    void forget(String uid) {
        series.removeIf(one -> {
            boolean gone = one.source.uid().equals(uid);
            if (gone) {
                counter.remove(one.labels());
            }
            return gone;
        });
    }
}
