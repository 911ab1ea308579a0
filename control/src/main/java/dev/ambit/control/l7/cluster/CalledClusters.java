package dev.ambit.control.l7.cluster;

import com.github.udpa.udpa.type.v1.TypedStruct;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.compile.TrafficDistribution;
import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.endpoint.LoadAssignments;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.Protocol;
import dev.ambit.control.l7.registry.ServicePort;
import dev.ambit.control.resource.traffic.ClientTls;
import dev.ambit.control.resource.traffic.ConnectionPool;
import dev.ambit.control.resource.traffic.DestinationRule;
import dev.ambit.control.resource.traffic.LoadBalancer;
import dev.ambit.control.resource.traffic.MeshTraffic;
import dev.ambit.control.resource.traffic.TrafficPolicy;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.TransportSocketMatch;
import io.envoyproxy.envoy.config.cluster.v3.Filter;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Clusters of a service that the waypoint does not stand before but calls: for routes to it, and
/// for providers of checks, logs and traces. Made as for a sidecar.
final class CalledClusters {
    private static final String MX_TYPE =
            "type.googleapis.com/envoy.tcp.metadataexchange.config.MetadataExchange";
    private static final Filter METADATA_EXCHANGE =
            Filter.newBuilder()
                    .setName("istio.metadata_exchange")
                    .setTypedConfig(
                            Protos.any(
                                    TypedStruct.newBuilder()
                                            .setTypeUrl(MX_TYPE)
                                            .setValue(
                                                    Struct.newBuilder()
                                                            .putFields(
                                                                    "protocol",
                                                                    text("istio-peer-exchange"))
                                                            .putFields(
                                                                    "enable_discovery",
                                                                    Value.newBuilder()
                                                                            .setBoolValue(true)
                                                                            .build()))
                                            .build()))
                    .build();

    private final WaypointScope scope;
    private final MeshService service;
    private final MeshTraffic mesh;
    private final ClusterBase base;
    private final Peers peers;

    private CalledClusters(WaypointScope scope, MeshService service) {
        this.scope = scope;
        this.service = service;
        this.mesh = scope.model().input().mesh().traffic();
        this.base = new ClusterBase(scope, service);
        this.peers = Peers.of(scope, service);
    }

    static List<Cluster> of(WaypointScope scope, MeshService service) {
        var clusters = new CalledClusters(scope, service);
        var rule = scope.model().rules().findCalled(scope, service);
        boolean dynamic = clusters.dynamic();
        var built = new ArrayList<Cluster>();
        for (var port : service.ports()) {
            if (!clusters.callable(port)) {
                continue;
            }
            clusters.cluster(port, "", rule).ifPresent(built::add);
            if (!dynamic) {
                rule.ifPresent(r ->
                        r.subsets()
                                .forEach(s ->
                                        clusters.cluster(port, s.name(), rule)
                                                .ifPresent(built::add)));
            }
        }
        return built;
    }

    private static Value text(String value) {
        return Value.newBuilder().setStringValue(value).build();
    }

    private boolean dynamic() {
        return service.hostname().startsWith("*")
                && service.resolution() == MeshService.Resolution.DYNAMIC_DNS;
    }

    private boolean callable(ServicePort port) {
        return dynamic()
                ? switch (port.protocol()) {
                    case HTTP, HTTP2, GRPC, TLS -> true;
                    case HTTP_PROXY, GRPC_WEB, HTTPS, TCP, MONGO, REDIS, MYSQL, UDP, AUTO -> false;
                }
                : port.protocol() != Protocol.UDP;
    }

    private Optional<Cluster> cluster(
            ServicePort port, String subset, Optional<DestinationRule> rule) {
        var policy = underneath(TrafficPolicies.effective(rule, port.number(), subset));
        var name = ClusterNames.outbound(port.number(), subset, service.hostname());
        var made = draft(name, port, subset, policy);
        if (made.isEmpty()) {
            return Optional.empty();
        }
        var draft = made.get();
        if (!mesh.statName().isEmpty() && !draft.dynamic) {
            draft.cluster.setAltStatName(statName(port, subset) + ";");
        }
        apply(draft, port, policy);
        sockets(draft, port, subset, policy, rule);
        base.endpointsOverAds(draft);
        draft.cluster.addFilters(METADATA_EXCHANGE);
        if (scope.model().settings().baggage() && draft.is(Cluster.DiscoveryType.EDS)) {
            draft.cluster.addFilters(FixedClusters.BAGGAGE);
        }
        annotate(draft, port, subset, policy, rule);
        return Optional.of(draft.build());
    }

    /// What the mesh says of all destinations, where nothing is said of this one.
    private TrafficPolicy underneath(Optional<TrafficPolicy> policy) {
        var own = policy.orElse(TrafficPolicy.NOTHING);
        return new TrafficPolicy(
                own.loadBalancer(),
                own.connectionPool().or(mesh::pool),
                own.outlierDetection().or(mesh::outlierDetection),
                own.tls(),
                List.of(),
                own.tunnel(),
                own.proxyProtocol(),
                own.retryBudget());
    }

    private Optional<ClusterDraft> draft(
            String name, ServicePort port, String subset, TrafficPolicy policy) {
        if (dynamic()) {
            return Optional.of(base.dynamic(name, port));
        }
        boolean passthrough = !subset.isEmpty() && passthrough(policy);
        return passthrough
                ? base.draft(
                        name,
                        port,
                        Cluster.DiscoveryType.ORIGINAL_DST,
                        () -> LoadAssignments.inline(scope, service, port, subset, name))
                : base.draft(
                        name,
                        port,
                        () -> LoadAssignments.inline(scope, service, port, subset, name));
    }

    private static boolean passthrough(TrafficPolicy policy) {
        return policy.loadBalancer()
                .map(b -> b.simple() == LoadBalancer.Simple.PASSTHROUGH)
                .orElse(false);
    }

    private void apply(ClusterDraft draft, ServicePort port, TrafficPolicy policy) {
        var pool = policy.connectionPool().orElse(ConnectionPool.NOTHING);
        Pools.upgrade(draft, mesh, pool, port.protocol());
        Pools.apply(draft, mesh, pool, policy.retryBudget());
        policy.outlierDetection()
                .ifPresent(o -> {
                    Outliers.apply(draft, o, service.distribution() != TrafficDistribution.ANY);
                    Outliers.errorCodes(draft, o);
                });
        if (!draft.dynamic) {
            Balancers.apply(
                    draft,
                    service,
                    mesh,
                    policy.loadBalancer(),
                    policy.outlierDetection().isPresent(),
                    base.shards(port));
        }
    }

    /// Which of them is used is up to each endpoint: HBONE if it takes that, else mTLS, else plain.
    private void sockets(
            ClusterDraft draft,
            ServicePort port,
            String subset,
            TrafficPolicy policy,
            Optional<DestinationRule> rule) {
        var matches = matches(draft, port, subset, policy, rule);
        boolean baggage = scope.model().settings().baggage();
        if (policy.proxyProtocol().isPresent()) {
            var version = policy.proxyProtocol().get();
            matches =
                    matches.stream()
                            .map(m ->
                                    m.toBuilder()
                                            .setTransportSocket(
                                                    Sockets.proxyProtocol(
                                                            version, m.getTransportSocket()))
                                            .build())
                            .toList();
            if (baggage) {
                draft.metadata.noBaggage();
            }
        }
        draft.cluster.addAllTransportSocketMatches(matches);
    }

    private List<TransportSocketMatch> matches(
            ClusterDraft draft,
            ServicePort port,
            String subset,
            TrafficPolicy policy,
            Optional<DestinationRule> rule) {
        if (policy.tls().isPresent()) {
            return chosen(draft, port, subset, policy.tls().get());
        }
        if (!peers.mutualTls(port.number(), passesThrough(subset, rule))
                || draft.is(Cluster.DiscoveryType.ORIGINAL_DST)) {
            return List.of(hbone(Sockets.RAW_CALLED), plain());
        }
        var sni =
                draft.dynamic
                        ? ""
                        : "outbound_." + port.number() + "_." + subset + "_." + service.hostname();
        var mesh = Sockets.tls(tls().mesh(draft, peers.identities(), sni));
        return List.of(
                hbone(Sockets.RAW_CALLED),
                match(
                        "tlsMode-istio",
                        Struct.newBuilder().putFields("tlsMode", text("istio")),
                        mesh),
                plain());
    }

    /// For the guess about mTLS the policy of the rule or the subset itself counts.
    private boolean passesThrough(String subset, Optional<DestinationRule> rule) {
        var said =
                subset.isEmpty()
                        ? rule.flatMap(DestinationRule::policy)
                        : rule.flatMap(r -> r.subset(subset))
                                .flatMap(DestinationRule.Subset::policy);
        return service.resolution() == MeshService.Resolution.PASSTHROUGH
                || said.map(CalledClusters::passthrough).orElse(false);
    }

    private List<TransportSocketMatch> chosen(
            ClusterDraft draft, ServicePort port, String subset, ClientTls tls) {
        if (draft.is(Cluster.DiscoveryType.ORIGINAL_DST)) {
            // As istiod: nothing is known of the far end, so the rule's TLS is all there is.
            return switch (tls.mode()) {
                case DISABLE -> List.of();
                case SIMPLE, MUTUAL, ISTIO_MUTUAL -> {
                    draft.cluster.setTransportSocket(socket(draft, port, subset, tls));
                    yield List.of();
                }
            };
        }
        return switch (tls.mode()) {
            case DISABLE -> List.of(hbone(Sockets.RAW_CALLED), plain());
            case ISTIO_MUTUAL ->
                    List.of(
                            hbone(Sockets.RAW_CALLED),
                            TransportSocketMatch.newBuilder()
                                    .setName("tlsMode-istio")
                                    .setTransportSocket(socket(draft, port, subset, tls))
                                    .build());
            case SIMPLE, MUTUAL -> {
                var socket = socket(draft, port, subset, tls);
                if (scope.model().settings().baggage()) {
                    draft.metadata.noBaggage();
                }
                yield List.of(
                        hbone(socket),
                        TransportSocketMatch.newBuilder()
                                .setName("user")
                                .setTransportSocket(socket)
                                .build());
            }
        };
    }

    private TransportSocket socket(
            ClusterDraft draft, ServicePort port, String subset, ClientTls tls) {
        if (tls.mode() == ClientTls.Mode.ISTIO_MUTUAL) {
            var names =
                    tls.subjectAltNames().isEmpty() ? peers.identities() : tls.subjectAltNames();
            var sni =
                    tls.sni().isEmpty()
                            ? "outbound_."
                                    + port.number()
                                    + "_."
                                    + subset
                                    + "_."
                                    + service.hostname()
                            : tls.sni();
            return Sockets.tls(tls().mesh(draft, names, sni));
        }
        boolean entry = service.source() == MeshService.Source.SERVICE_ENTRY;
        var proven =
                entry && tls.subjectAltNames().isEmpty()
                        ? tls.withSubjectAltNames(peers.identities())
                        : tls;
        return Sockets.tls(tls().originate(draft, tls, proven.subjectAltNames()));
    }

    private UpstreamTls tls() {
        var metadata = scope.node().metadata();
        return new UpstreamTls(
                mesh,
                scope.model().settings().compliance(),
                metadata.getFieldsOrDefault("credential", Value.getDefaultInstance())
                        .getStringValue()
                        .equals("true"),
                metadata.getFieldsOrDefault("file-credential", Value.getDefaultInstance())
                        .getStringValue()
                        .equals("true"));
    }

    private TransportSocketMatch hbone(TransportSocket inner) {
        return match(
                "hbone",
                Struct.newBuilder().putFields("tunnel", text("http")),
                Sockets.full(inner, scope.model().settings().baggage()));
    }

    private static TransportSocketMatch plain() {
        return match("tlsMode-disabled", Struct.newBuilder(), Sockets.RAW_CALLED);
    }

    private static TransportSocketMatch match(
            String name, Struct.Builder when, TransportSocket socket) {
        return TransportSocketMatch.newBuilder()
                .setName(name)
                .setMatch(when)
                .setTransportSocket(socket)
                .build();
    }

    private void annotate(
            ClusterDraft draft,
            ServicePort port,
            String subset,
            TrafficPolicy policy,
            Optional<DestinationRule> rule) {
        if (!draft.dynamic) {
            draft.metadata.service(service);
        }
        if (subset.isEmpty()) {
            if (peers.allHbone(port.number())) {
                draft.metadata.flag("disable_mx");
            } else if (service.external()) {
                draft.metadata.flag("external");
            }
        } else {
            draft.metadata.subset(subset);
        }
        rule.ifPresent(r -> {
            draft.metadata.rule(r.meta());
            if (policy.tls().map(ServiceClusters::originates).orElse(false)) {
                draft.metadata.keepAlpn();
            }
        });
    }

    private String statName(ServicePort port, String subset) {
        boolean kubernetes = service.source() == MeshService.Source.KUBERNETES;
        return mesh.statName()
                .replace(
                        "%SERVICE%",
                        kubernetes
                                ? service.name() + "." + service.namespace()
                                : service.hostname())
                .replace("%SERVICE_NAME%", kubernetes ? service.name() : service.hostname())
                .replace("%SERVICE_FQDN%", service.hostname())
                .replace("%SUBSET_NAME%", subset)
                .replace("%TARGET_PORT%", "0")
                .replace("%SERVICE_PORT%", Integer.toString(port.number()))
                .replace("%SERVICE_PORT_NAME%", port.name());
    }
}
