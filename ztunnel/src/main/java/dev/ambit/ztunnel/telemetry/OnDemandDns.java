package dev.ambit.ztunnel.telemetry;

import dev.ambit.mesh.model.Workload;

/// Labels of `istio_on_demand_dns_total`: who asked, and for which name.
final class OnDemandDns {
    static final String[] LABELS = {
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

    private OnDemandDns() {}

    static String[] values(Workload source, String hostname) {
        return new String[] {
            known(source.workloadName()),
            known(source.canonicalName()),
            known(source.canonicalRevision()),
            known(source.namespace()),
            known(source.identity().toString()),
            known(source.canonicalName()),
            known(source.canonicalRevision()),
            known(source.clusterId()),
            known(hostname)
        };
    }

    private static String known(String value) {
        return value.isEmpty() ? "unknown" : value;
    }
}
