package dev.ambit.control.l7.endpoint;

import dev.ambit.control.compile.MeshModel.RemoteGateway;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.cluster.TrafficPolicies;
import dev.ambit.control.l7.endpoint.EndpointGroup.Member;
import dev.ambit.control.l7.registry.MeshEndpoint;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.ServicePort;
import dev.ambit.control.l7.registry.Topology;
import dev.ambit.control.resource.Addresses;
import dev.ambit.control.resource.traffic.ClientTls;
import dev.ambit.control.resource.traffic.DestinationRule;
import dev.ambit.control.resource.traffic.OutlierDetection;
import dev.ambit.control.resource.traffic.TrafficPolicy;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/// Endpoints of a cluster, by place and priority, as one proxy sees them.
public final class LoadAssignments {
    private static final String INBOUND = "inbound-vip|";
    private static final String PERSISTENT_SESSION = "istio.io/persistent-session";

    private final WaypointScope scope;
    private final MeshService service;
    private final ServicePort port;
    private final String cluster;
    private final TrafficPolicy policy;
    private final Map<String, String> subset;
    private final NetworkSplit networks;
    private final LbEndpoints rendered;

    private LoadAssignments(
            WaypointScope scope,
            MeshService service,
            ServicePort port,
            String subset,
            String cluster,
            Optional<DestinationRule> rule) {
        this.scope = scope;
        this.service = service;
        this.port = port;
        this.cluster = cluster;
        this.policy = TrafficPolicies.of(rule, port.number(), subset);
        this.subset =
                rule.flatMap(r -> r.subset(subset))
                        .map(DestinationRule.Subset::labels)
                        .orElse(Map.of());
        var settings = scope.model().settings();
        this.networks =
                new NetworkSplit(
                        scope.model().mesh().gateways(),
                        scope.node(),
                        settings.multiNetwork(),
                        settings.multiNetworkWaypoint());
        this.rendered = new LbEndpoints(scope.node().eastWest(), cluster.startsWith(INBOUND));
    }

    /// For a cluster whose endpoints are sent to it.
    ///
    /// @param subset of the service's DestinationRule, empty for all of it
    public static ClusterLoadAssignment of(
            WaypointScope scope,
            MeshService service,
            ServicePort port,
            String subset,
            String clusterName) {
        var rule = scope.model().rules().find(scope, service);
        var assignment = new LoadAssignments(scope, service, port, subset, clusterName, rule);
        return assignment.render(false);
    }

    /// For a cluster that looks its endpoints up in DNS: they are part of it. As istiod: those of a
    /// waypoint's own services are not told apart by subsets, nor by labels for failover.
    public static ClusterLoadAssignment inline(
            WaypointScope scope,
            MeshService service,
            ServicePort port,
            String subset,
            String clusterName) {
        var rule = scope.model().rules().find(scope, service);
        var assignment = new LoadAssignments(scope, service, port, subset, clusterName, rule);
        return assignment.render(true);
    }

    private ClusterLoadAssignment render(boolean inline) {
        boolean own = cluster.startsWith(INBOUND);
        var members = new TreeMap<String, List<MeshEndpoint>>();
        for (var endpoint : scope.model().registry().endpoints(service)) {
            boolean wanted = (inline && own) || chosen(endpoint);
            if (wanted && usable(endpoint) && (inline || isNumber(endpoint))) {
                members.computeIfAbsent(endpoint.locality(), l -> new ArrayList<>()).add(endpoint);
            }
        }
        var groups = new ArrayList<EndpointGroup>();
        members.forEach((locality, endpoints) -> groups.add(group(locality, endpoints)));
        var preference =
                Preference.of(policy, service, scope.model().input().mesh().traffic().localityLb());
        var priorities =
                new Priorities(
                        EndpointGroup.locality(scope.node().locality()), scope.node().labels());
        var builder = ClusterLoadAssignment.newBuilder().setClusterName(cluster);
        priorities.apply(preference, groups, !inline).forEach(g -> builder.addEndpoints(g.wire()));
        return builder.build();
    }

    private boolean chosen(MeshEndpoint endpoint) {
        return endpoint.labels().entrySet().containsAll(subset.entrySet());
    }

    private static boolean isNumber(MeshEndpoint endpoint) {
        return endpoint.address().isEmpty()
                || endpoint.ports().containsValue(0)
                || Addresses.ip(endpoint.address()).isPresent();
    }

    private boolean usable(MeshEndpoint endpoint) {
        if (!endpoint.ports().containsKey(port.number())) {
            return false;
        }
        if (service.localOnly()
                && !(endpoint.node().equals(scope.node().node())
                        && endpoint.cluster().equals(scope.node().cluster()))) {
            return false;
        }
        boolean elsewhere = !endpoint.cluster().equals(scope.node().cluster());
        if (elsewhere && !service.global()) {
            return false;
        }
        return switch (endpoint.health()) {
            case NOT_SAID, HEALTHY -> true;
            // Told, so that it is known how many there are; panic is off. A rule that turns it on
            // would send them traffic.
            case UNHEALTHY ->
                    policy.outlierDetection().map(OutlierDetection::minHealthPercent).orElse(0)
                            == 0;
            case DRAINING -> !service.labels().getOrDefault(PERSISTENT_SESSION, "").isEmpty();
            case TERMINATING -> false;
        };
    }

    private EndpointGroup group(String locality, List<MeshEndpoint> endpoints) {
        var direct = new ArrayList<Member>();
        var behind = new LinkedHashMap<RemoteGateway, Long>();
        for (var endpoint : endpoints) {
            switch (networks.to(endpoint.network(), endpoint.cluster())) {
                case NetworkSplit.Direct() -> {
                    if (!endpoint.address().isEmpty()) {
                        direct.add(member(endpoint));
                    }
                }
                case NetworkSplit.Through(var gateways) -> {
                    long weight = Integer.toUnsignedLong(endpoint.weight()) * networks.scale();
                    gateways.forEach(g -> behind.merge(g, weight / gateways.size(), Long::sum));
                }
                case NetworkSplit.Unreachable() -> {}
            }
        }
        behind.entrySet().stream()
                .sorted(Map.Entry.comparingByKey(BY_NAME))
                .forEach(e -> direct.add(member(e.getKey(), e.getValue())));
        var weight = direct.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Weights.sum(direct));
        return new EndpointGroup(EndpointGroup.locality(locality), direct, weight, 0);
    }

    private static final Comparator<RemoteGateway> BY_NAME =
            Comparator.comparing(RemoteGateway::address)
                    .thenComparing(RemoteGateway::port)
                    .thenComparing(RemoteGateway::network)
                    .thenComparing(RemoteGateway::cluster);

    private Member member(MeshEndpoint endpoint) {
        int own = endpoint.ports().getOrDefault(port.number(), 0);
        var wire = rendered.direct(endpoint, own, istioTls(endpoint, own));
        if (networks.scale() > 1) {
            wire =
                    wire.toBuilder()
                            .setLoadBalancingWeight(
                                    Weights.wire(
                                            Integer.toUnsignedLong(endpoint.weight())
                                                    * networks.scale()))
                            .build();
        }
        return new Member(endpoint.labels(), wire);
    }

    private Member member(RemoteGateway gateway, long weight) {
        return new Member(
                Topology.labels(Map.of(), gateway.cluster(), "", "", gateway.network()),
                rendered.behind(gateway, service.hostname(), port.number(), Math.max(1, weight)));
    }

    /// A rule that says how to call decides; else whether the other side takes it.
    private boolean istioTls(MeshEndpoint endpoint, int own) {
        if (!endpoint.istioTls()) {
            return false;
        }
        return policy.tls()
                .map(t -> t.mode() == ClientTls.Mode.ISTIO_MUTUAL)
                .orElseGet(() ->
                        !scope.model()
                                .registry()
                                .refusesTls(endpoint.namespace(), endpoint.labels(), own));
    }
}
