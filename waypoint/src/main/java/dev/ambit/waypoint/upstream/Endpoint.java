package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.pool.Target;
import java.util.Map;

/// One endpoint of a cluster, as configured (`LbEndpoint`).
///
/// @param address as `%UPSTREAM_HOST%` prints it; within a cluster it is the endpoint's identity
/// @param hashKey what rings and tables hash: the address, unless `envoy.lb.hash_key` says
///   otherwise
/// @param hostname the name it was resolved from, or its own; empty for none
/// @param weight at least 1
/// @param workloadAddress IP of the workload; empty where none is known
/// @param workload `metadata.filter_metadata.istio.workload`, as it came: `name;namespace;…`
/// @param socketMatch `envoy.transport_socket_match`: by it the cluster chooses the transport
public record Endpoint(
        String address,
        String hashKey,
        Target target,
        String hostname,
        Health health,
        int weight,
        String workloadAddress,
        String workload,
        Map<String, String> socketMatch) {

    /// `health_status`, as it matters for balancing.
    public enum Health {
        /// `HEALTHY`, and `UNKNOWN`, which is what the absence of a status means.
        HEALTHY,
        DEGRADED,
        /// `UNHEALTHY`, `TIMEOUT`.
        UNHEALTHY,
        /// Takes no new requests, as an unhealthy one.
        DRAINING
    }

    Endpoint at(Target resolved, String newAddress, String newHostname) {
        return new Endpoint(
                newAddress,
                hashKey.equals(address) ? newAddress : hashKey,
                resolved,
                newHostname,
                health,
                weight,
                workloadAddress,
                workload,
                socketMatch);
    }
}
