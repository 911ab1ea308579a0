package dev.ambit.control.l7.listener;

import com.google.protobuf.Any;
import com.google.protobuf.CodedOutputStream;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.ProxySettings;
import dev.ambit.control.l7.authz.TcpAuthorization;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.MeshService.Resolution;
import dev.ambit.control.l7.registry.Protocol;
import dev.ambit.control.l7.registry.ServicePort;
import dev.ambit.control.l7.route.TcpRoutes;
import dev.ambit.control.l7.route.TcpRoutes.TcpRoute;
import dev.ambit.control.l7.telemetry.AccessLogs.Place;
import dev.ambit.control.resource.extend.Extension;
import dev.ambit.control.resource.traffic.ConnectionPool;
import dev.ambit.control.resource.traffic.DestinationRule;
import dev.ambit.control.resource.traffic.LoadBalancer;
import dev.ambit.control.resource.traffic.TrafficPolicy;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy;
import io.envoyproxy.envoy.extensions.filters.network.redis_proxy.v3.RedisProxy;
import io.envoyproxy.envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TunnelingConfig;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster;
import io.envoyproxy.envoy.type.v3.HashPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The filters that handle connections of one port of a service, or of workloads.
final class TcpChain {
    static final String PROXY = "envoy.filters.network.tcp_proxy";
    static final String STATS = "istio.stats";

    private static final String ENCAP = "encap";
    private static final Duration REDIS_TIMEOUT = Duration.ofSeconds(5);

    private final Rendering rendering;

    TcpChain(Rendering rendering) {
        this.rendering = rendering;
    }

    /// @param policies whose policies count: the service's, unless it is not known who is behind
    ///   (an east-west gateway's)
    List<Filter> of(
            MeshService service, ServicePort port, String name, Optional<MeshService> policies) {
        var route = TcpRoutes.of(rendering.scope(), service, port);
        var prefix = statPrefix(service, port, name);
        var proxy = TcpProxy.newBuilder().setStatPrefix(prefix);
        target(proxy, route.target());
        settings(proxy, route);
        proxy.addAllAccessLog(rendering.observer().of(policies).logs().at(Place.TCP));
        var last = new ArrayList<Filter>();
        if (service.hostname().startsWith("*") && service.resolution() == Resolution.DYNAMIC_DNS) {
            last.add(
                    Filters.network(
                            "envoy.extensions.filters.network.sni_dynamic_forward_proxy",
                            FilterConfig.newBuilder()
                                    .setDnsCacheConfig(Wildcards.cache(service, rendering.node()))
                                    .setPortValue(port.number())
                                    .build()));
        }
        last.addAll(terminal(port.protocol(), proxy.build(), prefix, name));
        return complete(policies, last);
    }

    /// Of the chain for workloads, which no service is known of.
    List<Filter> direct() {
        var proxy =
                TcpProxy.newBuilder()
                        .setStatPrefix(
                                rendering.mesh().statName().isEmpty()
                                        ? ENCAP
                                        : StatNames.direct(rendering.mesh().statName()))
                        .setCluster(ENCAP)
                        .addAllAccessLog(
                                rendering.observer().of(Optional.empty()).logs().at(Place.TCP));
        ProxySettings.idleTimeout(rendering.node())
                .ifPresent(t -> proxy.setIdleTimeout(Protos.duration(t)));
        return complete(Optional.empty(), List.of(Filters.network(PROXY, proxy.build())));
    }

    private String statPrefix(MeshService service, ServicePort port, String name) {
        var pattern = rendering.mesh().statName();
        return pattern.isEmpty() ? name : StatNames.of(pattern, service, port);
    }

    private List<Filter> complete(Optional<MeshService> policies, List<Filter> last) {
        var scope = rendering.scope();
        var authorization = TcpAuthorization.of(scope, policies);
        var filters = new ArrayList<Filter>();
        // First, so that what is refused is known by whom.
        filters.add(Filters.METADATA_EXCHANGE);
        filters.addAll(authorization.custom());
        if (Refusals.needed(scope, policies, Extension.Layer.TCP)) {
            filters.add(Refusals.TCP);
        }
        filters.addAll(authorization.rules());
        for (Any stats : rendering.observer().of(policies).stats()) {
            filters.add(Filter.newBuilder().setName(STATS).setTypedConfig(stats).build());
        }
        filters.addAll(last);
        return filters;
    }

    private static void target(TcpProxy.Builder proxy, TcpRoutes.Target target) {
        switch (target) {
            case TcpRoutes.Single single -> proxy.setCluster(single.cluster());
            case TcpRoutes.Weighted weighted -> {
                var clusters = WeightedCluster.newBuilder();
                for (var share : weighted.shares()) {
                    clusters.addClusters(
                            WeightedCluster.ClusterWeight.newBuilder()
                                    .setName(share.cluster())
                                    .setWeight(share.weight()));
                }
                proxy.setWeightedClusters(clusters);
            }
        }
    }

    /// Of the first destination: one proxy can't have those of several.
    private void settings(TcpProxy.Builder proxy, TcpRoute route) {
        var model = rendering.scope().model();
        var rule =
                model.registry()
                        .service(route.settingsHost(), rendering.node().namespace())
                        .flatMap(s -> model.rules().find(rendering.scope(), s));
        var pool =
                rule.flatMap(DestinationRule::policy)
                        .flatMap(TrafficPolicy::connectionPool)
                        .flatMap(ConnectionPool::tcp);
        pool.flatMap(ConnectionPool.Tcp::idleTimeout)
                .or(() -> ProxySettings.idleTimeout(rendering.node()))
                .ifPresent(t -> proxy.setIdleTimeout(Protos.duration(t)));
        pool.flatMap(ConnectionPool.Tcp::maxConnectionDuration)
                .ifPresent(t -> proxy.setMaxDownstreamConnectionDuration(Protos.duration(t)));
        if (rule.isPresent()) {
            if (hashesSource(rule.get(), route.settingsSubset())) {
                proxy.addHashPolicy(
                        HashPolicy.newBuilder()
                                .setSourceIp(HashPolicy.SourceIp.getDefaultInstance()));
            }
            tunnel(rule.get(), route.settingsSubset())
                    .ifPresent(t -> proxy.setTunnelingConfig(tunnel(t)));
        }
    }

    /// A subset's balancer counts instead of the rule's, if it has one.
    private static boolean hashesSource(DestinationRule rule, String subset) {
        return rule.subset(subset)
                .flatMap(DestinationRule.Subset::policy)
                .flatMap(TrafficPolicy::loadBalancer)
                .or(() -> rule.policy().flatMap(TrafficPolicy::loadBalancer))
                .flatMap(LoadBalancer::hash)
                .flatMap(LoadBalancer.ConsistentHash::key)
                .filter(LoadBalancer.HashKey.SourceIp.class::isInstance)
                .isPresent();
    }

    private static Optional<TrafficPolicy.Tunnel> tunnel(DestinationRule rule, String subset) {
        var policy =
                subset.isEmpty()
                        ? rule.policy()
                        : rule.subset(subset).flatMap(DestinationRule.Subset::policy);
        return policy.flatMap(TrafficPolicy::tunnel);
    }

    private static TunnelingConfig tunnel(TrafficPolicy.Tunnel tunnel) {
        var host = tunnel.targetHost();
        var bracketed = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return TunnelingConfig.newBuilder()
                .setHostname(bracketed + ":" + tunnel.targetPort())
                .setUsePost(tunnel.post())
                .build();
    }

    private List<Filter> terminal(Protocol protocol, TcpProxy proxy, String prefix, String name) {
        var settings = rendering.settings();
        var tcp = Filters.network(PROXY, proxy);
        return switch (protocol) {
            case MONGO ->
                    settings.mongoFilter()
                            ? List.of(
                                    Filters.network(
                                            "envoy.filters.network.mongo_proxy",
                                            MongoProxy.newBuilder().setStatPrefix(prefix).build()),
                                    tcp)
                            : List.of(tcp);
            // Ends the chain itself.
            case REDIS -> settings.redisFilter() ? List.of(redis(prefix, name)) : List.of(tcp);
            case MYSQL -> settings.mysqlFilter() ? List.of(mysql(prefix), tcp) : List.of(tcp);
            case HTTP, HTTP_PROXY, HTTP2, GRPC, GRPC_WEB, HTTPS, TLS, TCP, UDP, AUTO ->
                    List.of(tcp);
        };
    }

    private static Filter redis(String prefix, String cluster) {
        return Filters.network(
                "envoy.filters.network.redis_proxy",
                RedisProxy.newBuilder()
                        .setLatencyInMicros(true)
                        .setStatPrefix(prefix)
                        .setSettings(
                                RedisProxy.ConnPoolSettings.newBuilder()
                                        .setOpTimeout(Protos.duration(REDIS_TIMEOUT)))
                        .setPrefixRoutes(
                                RedisProxy.PrefixRoutes.newBuilder()
                                        .setCatchAllRoute(
                                                RedisProxy.PrefixRoutes.Route.newBuilder()
                                                        .setCluster(cluster)))
                        .build());
    }

    /// The library has no class for it: `stat_prefix` is its field 1.
    private static Filter mysql(String prefix) {
        var bytes = new byte[CodedOutputStream.computeStringSize(1, prefix)];
        try {
            CodedOutputStream.newInstance(bytes).writeString(1, prefix);
        } catch (java.io.IOException impossible) {
            throw new IllegalStateException("in memory", impossible);
        }
        return Filter.newBuilder()
                .setName("envoy.filters.network.mysql_proxy")
                .setTypedConfig(
                        Any.newBuilder()
                                .setTypeUrl(
                                        "type.googleapis.com/envoy.extensions.filters.network"
                                                + ".mysql_proxy.v3.MySQLProxy")
                                .setValue(com.google.protobuf.ByteString.copyFrom(bytes)))
                .build();
    }
}
