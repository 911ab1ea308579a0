package dev.ambit.control.l7;

import dev.ambit.mesh.proto.workload.Workload;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Everything that one waypoint is sent but secrets, by resource name and in the order of sending.
///
/// @param endpoints of the clusters that ask for theirs, under the cluster's name
public record WaypointConfig(
        SequencedMap<String, Cluster> clusters,
        SequencedMap<String, ClusterLoadAssignment> endpoints,
        SequencedMap<String, Listener> listeners,
        SequencedMap<String, Workload> workloads) {

    public WaypointConfig {
        clusters = copy(clusters);
        endpoints = copy(endpoints);
        listeners = copy(listeners);
        workloads = copy(workloads);
    }

    private static <T> SequencedMap<String, T> copy(SequencedMap<String, T> map) {
        return Collections.unmodifiableSequencedMap(new LinkedHashMap<>(map));
    }
}
