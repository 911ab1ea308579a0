package dev.ambit.waypoint.xds.listener;

import com.google.protobuf.Any;
import dev.ambit.waypoint.model.HttpChain;
import dev.ambit.waypoint.model.TcpChain;
import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.RouteSpecifierCase;
import io.envoyproxy.envoy.extensions.filters.network.set_filter_state.v3.Config;
import io.envoyproxy.envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A filter chain: network filters, and HTTP or bytes at their end.
final class ChainCompiler {
    static final String MANAGER =
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    static final String TCP_PROXY = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
    private static final String SET_FILTER_STATE =
            "envoy.extensions.filters.network.set_filter_state.v3.Config";
    private static final String SNI_FORWARD =
            "envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig";

    /// Where a tunnel's destination is kept for the listeners behind; here the connection knows it.
    private static final Set<String> KNOWN_STATE =
            Set.of(
                    "envoy.filters.listener.original_dst.local_ip",
                    "envoy.network.transport_socket.original_dst_address");

    private final FilterCompilers compilers;
    private final HttpFilters http;

    ChainCompiler(FilterCompilers compilers) {
        this.compilers = compilers;
        this.http = new HttpFilters(compilers);
    }

    CompiledChain compile(FilterChain chain) throws Refused {
        var scope = new CompileScope();
        try {
            if (chain.hasTransportSocket()) {
                throw new Refused(
                        "transport_socket",
                        chain.getTransportSocket().getName(),
                        "none behind a tunnel");
            }
            var kind = kind(scope, chain);
            return new CompiledChain(
                    chain.getName(), kind, scope.clusters(), scope.secrets(), scope.skipped());
        } catch (Refused inside) {
            throw inside.in("filter_chains[" + chain.getName() + "]");
        }
    }

    private CompiledChain.Kind kind(CompileScope scope, FilterChain chain) throws Refused {
        if (chain.getFiltersCount() == 0) {
            throw new Refused("filters", "none", "http_connection_manager or tcp_proxy at the end");
        }
        var stages = new ArrayList<NetworkStage>();
        for (int i = 0; i < chain.getFiltersCount() - 1; i++) {
            network(scope, chain.getFilters(i)).ifPresent(stages::add);
        }
        var last = chain.getFilters(chain.getFiltersCount() - 1);
        var type = FilterCatalog.type(field(last), last.getTypedConfig());
        return switch (type) {
            case MANAGER -> {
                if (!stages.isEmpty()) {
                    throw new Refused(
                            "filters",
                            stages.getFirst().name(),
                            "none that judges before http_connection_manager");
                }
                yield new CompiledChain.Kind.Http(http(scope, chain, last));
            }
            case TCP_PROXY ->
                    new CompiledChain.Kind.Tcp(tcp(scope, chain, last, List.copyOf(stages)));
            default ->
                    throw new Refused(
                            field(last),
                            type,
                            "http_connection_manager or tcp_proxy as the last filter");
        };
    }

    private static String field(Filter filter) {
        return "filters[" + filter.getName() + "]";
    }

    private Optional<NetworkStage> network(CompileScope scope, Filter filter) throws Refused {
        var field = field(filter);
        if (filter.hasConfigDiscovery()) {
            throw new Refused(field, "config_discovery", "a filter with its configuration");
        }
        var config = filter.getTypedConfig();
        var type = FilterCatalog.type(field, config);
        if (type.equals(SET_FILTER_STATE)) {
            state(field, config);
            return Optional.empty();
        }
        if (type.equals(SNI_FORWARD)) {
            var forward = CompileScope.unpack(field, config, FilterConfig.parser());
            return Optional.of(new SniForwardStage(filter.getName(), forward.getPortValue()));
        }
        var compiler = compilers.network(type);
        if (compiler.isPresent()) {
            try {
                return compiler.get().compile(scope, filter.getName(), config);
            } catch (Refused inside) {
                throw inside.in(field);
            }
        }
        if (compilers.isElsewhere(type)) {
            return Optional.empty();
        }
        if (FilterCatalog.cosmetic(type)) {
            scope.skipped(field + ": " + type);
            return Optional.empty();
        }
        throw FilterCatalog.refusal(field, type);
    }

    private static void state(String field, Any config) throws Refused {
        var state = CompileScope.unpack(field, config, Config.parser());
        for (var value : state.getOnNewConnectionList()) {
            if (!KNOWN_STATE.contains(value.getObjectKey())) {
                throw new Refused(
                        field + ".on_new_connection.object_key",
                        value.getObjectKey(),
                        "one of " + KNOWN_STATE + ", as istiod sets");
            }
        }
    }

    private HttpChain http(CompileScope scope, FilterChain chain, Filter last) throws Refused {
        var manager =
                CompileScope.unpack(
                        field(last), last.getTypedConfig(), HttpConnectionManager.parser());
        if (manager.getRouteSpecifierCase() != RouteSpecifierCase.ROUTE_CONFIG) {
            throw new Refused(
                    "route_specifier",
                    manager.getRouteSpecifierCase().name(),
                    "route_config: a waypoint's routes come with its listener");
        }
        return new HttpChain(
                chain.getName(),
                HttpOptionsCompiler.compile(scope, manager),
                http.compile(scope, manager.getHttpFiltersList()),
                compilers.routes().compile(scope, manager.getRouteConfig(), compilers),
                compilers.telemetry().http(scope, chain, manager));
    }

    private TcpChain tcp(
            CompileScope scope, FilterChain chain, Filter last, List<NetworkStage> stages)
            throws Refused {
        var proxy = CompileScope.unpack(field(last), last.getTypedConfig(), TcpProxy.parser());
        var clusters = clusters(proxy);
        clusters.forEach(cluster -> scope.needsCluster(cluster.name()));
        int attempts = proxy.hasMaxConnectAttempts() ? proxy.getMaxConnectAttempts().getValue() : 1;
        if (attempts < 1) {
            throw new Refused(
                    "max_connect_attempts", Integer.toUnsignedString(attempts), "1 to 2147483647");
        }
        return new TcpChain(
                chain.getName(),
                stages,
                clusters,
                proxy.hasIdleTimeout()
                        ? HttpOptionsCompiler.of(proxy.getIdleTimeout())
                        : TcpChain.DEFAULT_IDLE,
                proxy.hasMaxDownstreamConnectionDuration()
                        ? HttpOptionsCompiler.of(proxy.getMaxDownstreamConnectionDuration())
                        : Duration.ZERO,
                attempts,
                hashSource(proxy),
                tunnel(proxy),
                compilers.telemetry().tcp(scope, chain, proxy));
    }

    private static List<TcpChain.WeightedCluster> clusters(TcpProxy proxy) throws Refused {
        return switch (proxy.getClusterSpecifierCase()) {
            case CLUSTER -> List.of(new TcpChain.WeightedCluster(proxy.getCluster(), 1));
            case WEIGHTED_CLUSTERS -> {
                var all = new ArrayList<TcpChain.WeightedCluster>();
                for (var each : proxy.getWeightedClusters().getClustersList()) {
                    if (each.getWeight() < 1) {
                        throw new Refused(
                                "weighted_clusters[" + each.getName() + "].weight",
                                Integer.toUnsignedString(each.getWeight()),
                                "1 to 2147483647");
                    }
                    all.add(new TcpChain.WeightedCluster(each.getName(), each.getWeight()));
                }
                if (all.isEmpty()) {
                    throw new Refused("weighted_clusters.clusters", "none", "at least one");
                }
                yield List.copyOf(all);
            }
            case CLUSTERSPECIFIER_NOT_SET ->
                    throw new Refused(
                            "cluster_specifier", "nothing", "cluster or weighted_clusters");
        };
    }

    private static boolean hashSource(TcpProxy proxy) throws Refused {
        for (var policy : proxy.getHashPolicyList()) {
            if (!policy.hasSourceIp()) {
                throw new Refused(
                        "hash_policy", policy.getPolicySpecifierCase().name(), "source_ip");
            }
        }
        return proxy.getHashPolicyCount() > 0;
    }

    private static Optional<TcpChain.Tunnel> tunnel(TcpProxy proxy) throws Refused {
        if (!proxy.hasTunnelingConfig()) {
            return Optional.empty();
        }
        var config = proxy.getTunnelingConfig();
        if (config.getHostname().contains("%")) {
            throw new Refused(
                    "tunneling_config.hostname", config.getHostname(), "host:port, no format");
        }
        return Optional.of(new TcpChain.Tunnel(config.getHostname(), config.getUsePost()));
    }
}
