package dev.ambit.control.l7.registry;

import java.util.Map;

/// Where something answers for a service.
///
/// @param address an IP address; a DNS name or a `unix://` path where a ServiceEntry has one; empty
///   when only its network is known
/// @param ports by port of the service: its own; 0 for a path
/// @param labels its own, and its place (`topology.…`, `kubernetes.io/hostname`)
/// @param network empty: that of whoever asks
/// @param locality `region/zone/subzone`, as far as known
/// @param weight 1 or more
/// @param hbone it takes HBONE
/// @param istioTls a sidecar, which takes Istio's mutual TLS
/// @param workload what telemetry calls it, with `namespace`, `canonicalName` and
///   `canonicalRevision`; empty when nobody knows
/// @param node of Kubernetes, empty when not known
public record MeshEndpoint(
        String address,
        Map<Integer, Integer> ports,
        Map<String, String> labels,
        String network,
        String cluster,
        String locality,
        int weight,
        Health health,
        boolean hbone,
        boolean istioTls,
        String workload,
        String namespace,
        String canonicalName,
        String canonicalRevision,
        String node,
        String serviceAccount) {

    public MeshEndpoint {
        ports = Map.copyOf(ports);
        labels = Map.copyOf(labels);
    }

    public enum Health {
        /// Nobody checks it.
        NOT_SAID,
        HEALTHY,
        UNHEALTHY,
        /// Going, but what it has begun may end there.
        DRAINING,
        /// Going.
        TERMINATING
    }
}
