package dev.ambit.control.l7.cluster;

import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.endpoint.LoadAssignments;
import dev.ambit.control.l7.limits.Limits;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.Protocol;
import dev.ambit.control.l7.registry.ServicePort;
import dev.ambit.control.resource.traffic.ClientTls;
import dev.ambit.control.resource.traffic.ConnectionPool;
import dev.ambit.control.resource.traffic.DestinationRule;
import dev.ambit.control.resource.traffic.MeshTraffic;
import dev.ambit.control.resource.traffic.TrafficPolicy;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Clusters of a service that the waypoint stands before: one for each port, each of HTTP and TCP
/// that the port may turn out to be, and each subset.
final class ServiceClusters {
    private final WaypointScope scope;
    private final MeshService service;
    private final MeshTraffic mesh;
    private final ClusterBase base;

    private ServiceClusters(WaypointScope scope, MeshService service) {
        this.scope = scope;
        this.service = service;
        this.mesh = scope.model().input().mesh().traffic();
        this.base = new ClusterBase(scope, service);
    }

    static List<Cluster> of(WaypointScope scope, MeshService service) {
        var clusters = new ServiceClusters(scope, service);
        var built = new ArrayList<Cluster>();
        for (var port : service.ports()) {
            if (clusters.serves(port)) {
                built.addAll(
                        scope.node().eastWest() ? clusters.forwarded(port) : clusters.all(port));
            }
        }
        return built;
    }

    private boolean serves(ServicePort port) {
        if (service.resolution() == MeshService.Resolution.DYNAMIC_DNS) {
            // Only these carry a name in each connection.
            return port.protocol() == Protocol.HTTP
                    || port.protocol() == Protocol.TLS && scope.model().settings().wildcardTls();
        }
        return port.protocol() != Protocol.UDP;
    }

    private List<Cluster> all(ServicePort port) {
        var rule = scope.model().rules().find(scope, service);
        var subsets = new ArrayList<String>();
        subsets.add("");
        rule.ifPresent(
                r -> r.subsets().stream().map(DestinationRule.Subset::name).forEach(subsets::add));
        var built = new ArrayList<Cluster>();
        for (var subset : subsets) {
            var policy = TrafficPolicies.effective(rule, port.number(), subset);
            if (!port.protocol().isHttp()) {
                cluster(port, false, subset, rule, policy).ifPresent(built::add);
            }
            if (port.protocol().mayBeHttp()) {
                cluster(port, true, subset, rule, policy).ifPresent(built::add);
            }
        }
        return built;
    }

    private Optional<Cluster> cluster(
            ServicePort port,
            boolean http,
            String subset,
            Optional<DestinationRule> rule,
            Optional<TrafficPolicy> effective) {
        var name = ClusterNames.inbound(service, port.number(), http, subset);
        var draft = draft(name, port, subset);
        if (draft.isEmpty()) {
            return Optional.empty();
        }
        annotate(draft.get(), http, subset);
        if (effective.isPresent()) {
            rule.ifPresent(r -> draft.get().metadata.rule(r.meta()));
        }
        var policy = effective.orElse(TrafficPolicy.NOTHING);
        apply(draft.get(), port, policy);
        draft.get().cluster.setTransportSocket(socket(draft.get(), policy));
        if (scope.model().settings().baggage() && draft.get().is(Cluster.DiscoveryType.EDS)) {
            draft.get().cluster.addFilters(FixedClusters.BAGGAGE);
        }
        return Optional.of(draft.get().build());
    }

    private void annotate(ClusterDraft draft, boolean http, String subset) {
        draft.metadata.service(service);
        var kind = http ? "http" : "tcp";
        draft.metadata.subset(subset.isEmpty() ? kind : kind + "/" + subset);
    }

    private void apply(ClusterDraft draft, ServicePort port, TrafficPolicy policy) {
        var pool = policy.connectionPool().orElse(ConnectionPool.NOTHING);
        Pools.apply(
                draft,
                mesh,
                pool,
                policy.retryBudget().or(() -> Limits.retryBudget(scope, service)));
        // After the pool: settings of HTTP/2 are only for ports that are declared to speak it.
        Pools.upgrade(draft, mesh, pool, port.protocol());
        policy.outlierDetection().ifPresent(o -> Outliers.apply(draft, o, false));
        if (!draft.dynamic) {
            Balancers.apply(
                    draft,
                    service,
                    mesh,
                    policy.loadBalancer(),
                    policy.outlierDetection().isPresent(),
                    base.shards(port));
        }
        base.endpointsOverAds(draft);
    }

    /// TLS, and before it the client's address, run inside the tunnel.
    private io.envoyproxy.envoy.config.core.v3.TransportSocket socket(
            ClusterDraft draft, TrafficPolicy policy) {
        var inner = Sockets.RAW;
        boolean tunnelled = false;
        var tls = policy.tls().filter(ServiceClusters::originates);
        if (tls.isPresent()) {
            var context =
                    new UpstreamTls(mesh, scope.model().settings().compliance(), false, false)
                            .originate(draft, tls.get());
            inner = Sockets.tls(context);
            tunnelled = true;
        }
        if (policy.proxyProtocol().isPresent()) {
            inner = Sockets.proxyProtocol(policy.proxyProtocol().get(), inner);
            tunnelled = true;
        }
        boolean baggage = scope.model().settings().baggage();
        if (tunnelled && baggage) {
            draft.metadata.noBaggage();
        }
        return Sockets.waypoint(inner, baggage);
    }

    /// The tunnel is the mesh's own TLS already.
    static boolean originates(ClientTls tls) {
        return switch (tls.mode()) {
            case SIMPLE, MUTUAL -> true;
            case DISABLE, ISTIO_MUTUAL -> false;
        };
    }

    /// An east-west gateway passes tunnels on as they are: no rule has a say.
    private List<Cluster> forwarded(ServicePort port) {
        var name = ClusterNames.inbound(service, port.number(), false, "");
        var draft = draft(name, port, "");
        if (draft.isEmpty()) {
            return List.of();
        }
        annotate(draft.get(), false, "");
        Pools.apply(draft.get(), mesh, ConnectionPool.NOTHING, Optional.empty());
        Balancers.apply(draft.get(), service, mesh, Optional.empty(), false, base.shards(port));
        base.endpointsOverAds(draft.get());
        draft.get()
                .cluster
                .setTransportSocket(Sockets.full(Sockets.RAW, scope.model().settings().baggage()));
        return List.of(draft.get().build());
    }

    private Optional<ClusterDraft> draft(String name, ServicePort port, String subset) {
        return service.resolution() == MeshService.Resolution.DYNAMIC_DNS
                ? Optional.of(base.dynamic(name, port))
                : base.draft(
                        name,
                        port,
                        () -> LoadAssignments.inline(scope, service, port, subset, name));
    }
}
