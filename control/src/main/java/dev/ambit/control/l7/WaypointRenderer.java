package dev.ambit.control.l7;

import dev.ambit.control.l7.cluster.Clusters;
import dev.ambit.control.l7.endpoint.LoadAssignments;
import dev.ambit.control.l7.endpoint.WaypointWorkloads;
import dev.ambit.control.l7.listener.Listeners;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.route.References;
import dev.ambit.mesh.proto.workload.Workload;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;

/// What concerns a waypoint to what it is sent: a pure function.
public final class WaypointRenderer {
    /// As istiod sends them; others follow by name.
    private static final List<String> LISTENER_ORDER =
            List.of(
                    "connect_terminate",
                    "main_internal",
                    "connect_originate",
                    "forward_inner_connect",
                    "inner_connect_originate",
                    "outer_connect_originate");

    private WaypointRenderer() {}

    public static WaypointConfig of(WaypointScope scope) {
        var own = own(scope);
        return new WaypointConfig(
                own.clusters(), own.endpoints(), own.listeners(), workloads(scope));
    }

    /// Without workloads, which are the same for every waypoint.
    public static WaypointConfig own(WaypointScope scope) {
        var clusters = Clusters.of(scope, References.of(scope));
        return new WaypointConfig(
                new LinkedHashMap<>(clusters),
                endpoints(scope, clusters),
                ordered(Listeners.of(scope)),
                new LinkedHashMap<>());
    }

    /// Services whose endpoints are sent.
    public static List<MeshService> called(WaypointScope scope, Set<String> clusters) {
        return clusters.stream()
                .map(ClusterNames::host)
                .distinct()
                .flatMap(host -> service(scope, scope.byHostname(), host).stream())
                .toList();
    }

    /// Endpoints at a moment that differs from another in nothing but those. Where nothing is new,
    /// they are the same instances; where nothing at all is, it is the same map.
    ///
    /// @param before the waypoint at that other moment
    /// @param kept its endpoints then
    /// @param called the services that these are of
    public static SequencedMap<String, ClusterLoadAssignment> endpoints(
            WaypointScope scope,
            WaypointScope before,
            SequencedMap<String, ClusterLoadAssignment> kept,
            List<MeshService> called) {
        var old = before.model().registry();
        var young = scope.model().registry();
        var touched = new HashSet<String>();
        for (var service : called) {
            if (!old.endpoints(service).equals(young.endpoints(service))) {
                touched.add(service.hostname());
            }
        }
        if (touched.isEmpty()) {
            return kept;
        }
        var assignments = new LinkedHashMap<>(kept);
        assignments.replaceAll((cluster, held) ->
                touched.contains(ClusterNames.host(cluster))
                        ? endpoints(scope, scope.byHostname(), cluster)
                        : held);
        return assignments;
    }

    /// The one part that changes with each pod.
    private static SequencedMap<String, ClusterLoadAssignment> endpoints(
            WaypointScope scope, Map<String, Cluster> clusters) {
        var inScope = scope.byHostname();
        var assignments = new TreeMap<String, ClusterLoadAssignment>();
        for (var cluster : clusters.values()) {
            if (cluster.hasType() && cluster.getType() == Cluster.DiscoveryType.EDS) {
                var name = cluster.getName();
                assignments.put(name, endpoints(scope, inScope, name));
            }
        }
        return new LinkedHashMap<>(assignments);
    }

    private static ClusterLoadAssignment endpoints(
            WaypointScope scope, Map<String, MeshService> inScope, String cluster) {
        var none = ClusterLoadAssignment.newBuilder().setClusterName(cluster).build();
        return ClusterNames.parse(cluster)
                .flatMap(parts ->
                        service(scope, inScope, parts.host())
                                .flatMap(s ->
                                        s.port(parts.port())
                                                .map(p ->
                                                        LoadAssignments.of(
                                                                scope,
                                                                s,
                                                                p,
                                                                parts.subset(),
                                                                cluster))))
                .orElse(none);
    }

    private static Optional<MeshService> service(
            WaypointScope scope, Map<String, MeshService> inScope, String host) {
        return Optional.ofNullable(inScope.get(host))
                .or(() -> scope.model().registry().service(host, scope.node().namespace()));
    }

    private static SequencedMap<String, Listener> ordered(Map<String, Listener> listeners) {
        var names = new java.util.ArrayList<>(listeners.keySet());
        names.sort(
                Comparator.<String>comparingInt(
                                n -> {
                                    int place = LISTENER_ORDER.indexOf(n);
                                    return place < 0 ? LISTENER_ORDER.size() : place;
                                })
                        .thenComparing(Comparator.naturalOrder()));
        var ordered = new LinkedHashMap<String, Listener>();
        for (var name : names) {
            var listener = listeners.get(name);
            if (listener != null) {
                ordered.put(name, listener);
            }
        }
        return ordered;
    }

    /// By uid.
    public static SequencedMap<String, Workload> workloads(WaypointScope scope) {
        var workloads = new TreeMap<String, Workload>();
        WaypointWorkloads.of(scope).forEach(w -> workloads.put(w.getUid(), w));
        return new LinkedHashMap<>(workloads);
    }
}
