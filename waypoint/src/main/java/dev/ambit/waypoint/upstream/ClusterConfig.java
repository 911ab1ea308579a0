package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.pool.TransportConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `envoy.config.cluster.v3.Cluster`, compiled. Equal configurations need no swap.
///
/// @param transport of hosts that no match names
/// @param matches transports for hosts by their metadata, first one wins
/// @param bufferBytes `per_connection_buffer_limit_bytes`
public record ClusterConfig(
        ClusterFacts facts,
        Discovery discovery,
        BalancerConfig balancer,
        SharedConfig shared,
        BreakerConfig breakers,
        Optional<OutlierConfig> outlier,
        TransportConfig transport,
        List<TransportMatch> matches,
        int bufferBytes) {

    public String name() {
        return facts.name();
    }

    /// The transport of a host with this metadata (`envoy.transport_socket_match`).
    public TransportConfig transportFor(Map<String, String> metadata) {
        for (var match : matches) {
            if (metadata.entrySet().containsAll(match.labels().entrySet())) {
                return match.transport();
            }
        }
        return transport;
    }

    /// `transport_socket_matches`; no labels match every host.
    public record TransportMatch(
            String name, Map<String, String> labels, TransportConfig transport) {}
}
