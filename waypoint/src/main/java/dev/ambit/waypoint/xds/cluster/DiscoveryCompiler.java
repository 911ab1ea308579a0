package dev.ambit.waypoint.xds.cluster;

import static dev.ambit.waypoint.xds.cluster.Values.duration;

import dev.ambit.waypoint.pool.Target;
import dev.ambit.waypoint.upstream.Discovery;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig;
import io.envoyproxy.envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// `type` or `cluster_type`, with what belongs to it.
final class DiscoveryCompiler {
    private static final String FORWARD = ClusterConfig.getDescriptor().getFullName();

    /// Envoy's, when nothing is said.
    private static final Duration CLEANUP = Duration.ofSeconds(5);

    private static final Duration CACHE_REFRESH = Duration.ofSeconds(60);
    private static final Duration CACHE_TTL = Duration.ofMinutes(5);
    private static final int CACHE_HOSTS = 1_024;
    private static final int FAILURE_FACTOR = 10;
    private static final int MAX_PORT = 65_535;

    private DiscoveryCompiler() {}

    static Discovery compile(Cluster from, CompileScope scope) throws Refused {
        if (from.hasClusterType()) {
            return custom(from, scope);
        }
        return switch (from.getType()) {
            case STATIC -> fixed(from, scope);
            case EDS -> eds(from);
            case STRICT_DNS ->
                    new Discovery.StrictDns(
                            names(from),
                            dns(from),
                            EndpointCompiler.overprovisioning(
                                    from.getLoadAssignment().getPolicy()));
            case LOGICAL_DNS -> {
                var names = names(from);
                if (names.size() != 1) {
                    throw new Refused(
                            "load_assignment",
                            names.size() + " endpoints",
                            "one, in a LOGICAL_DNS cluster");
                }
                yield new Discovery.LogicalDns(names.getFirst(), dns(from));
            }
            case ORIGINAL_DST -> originalDst(from, scope);
            case UNRECOGNIZED ->
                    throw new Refused(
                            "type",
                            Integer.toString(from.getTypeValue()),
                            "STATIC, EDS, STRICT_DNS, LOGICAL_DNS or ORIGINAL_DST");
        };
    }

    private static Discovery eds(Cluster from) {
        var service = from.getEdsClusterConfig().getServiceName();
        return new Discovery.Eds(service.isEmpty() ? from.getName() : service);
    }

    private static Discovery fixed(Cluster from, CompileScope scope) throws Refused {
        var endpoints = from.getLoadAssignment().getEndpointsList();
        if (endpoints.size() == 1 && endpoints.getFirst().getLbEndpointsCount() == 1) {
            var only = endpoints.getFirst().getLbEndpoints(0);
            var address = only.getEndpoint().getAddress();
            if (address.hasEnvoyInternalAddress() && !only.hasMetadata()) {
                var listener = address.getEnvoyInternalAddress().getServerListenerName();
                return listener.equals(EndpointCompiler.ORIGINATE)
                        ? new Discovery.OriginalTunnel(
                                "envoy://"
                                        + listener
                                        + "/"
                                        + address.getEnvoyInternalAddress().getEndpointId())
                        : new Discovery.Internal(listener);
            }
        }
        try {
            return new Discovery.Static(EndpointCompiler.compile(from.getLoadAssignment(), scope));
        } catch (Refused e) {
            throw e.in("load_assignment");
        }
    }

    private static Discovery originalDst(Cluster from, CompileScope scope) throws Refused {
        var config = from.getOriginalDstLbConfig();
        if (config.getUseHttpHeader()) {
            throw new Refused(
                    "original_dst_lb_config.use_http_header",
                    "true",
                    "false: a request must not choose where it goes");
        }
        if (config.hasMetadataKey()) {
            // `connect_originate`: the tunnel code finds the waypoint in the endpoint.
            scope.skipped("original_dst_lb_config.metadata_key");
        }
        return new Discovery.OriginalDst(
                config.hasUpstreamPortOverride()
                        ? OptionalInt.of(
                                Values.integer(
                                        "upstream_port_override",
                                        Values.uint(config.getUpstreamPortOverride()),
                                        1,
                                        MAX_PORT))
                        : OptionalInt.empty(),
                positive(
                        "cleanup_interval",
                        duration(
                                "cleanup_interval",
                                from.hasCleanupInterval(),
                                from.getCleanupInterval(),
                                CLEANUP)));
    }

    private static Duration positive(String field, Duration value) throws Refused {
        if (!value.isPositive()) {
            throw new Refused(field, value.toString(), "more than 0s");
        }
        return value;
    }

    private static List<Discovery.Named> names(Cluster from) throws Refused {
        if (from.getLoadAssignment().getPolicy().getDropOverloadsCount() > 0) {
            throw new Refused("load_assignment.policy.drop_overloads", "some", "none");
        }
        var all = new ArrayList<Discovery.Named>();
        for (var group : from.getLoadAssignment().getEndpointsList()) {
            for (var endpoint : group.getLbEndpointsList()) {
                all.add(named(group, endpoint));
            }
        }
        return List.copyOf(all);
    }

    private static Discovery.Named named(LocalityLbEndpoints group, LbEndpoint from)
            throws Refused {
        var address = from.getEndpoint().getAddress();
        if (!address.hasSocketAddress()) {
            throw new Refused(
                    "load_assignment.address",
                    address.getAddressCase().toString(),
                    "socket_address with a name");
        }
        var socket = address.getSocketAddress();
        int port = EndpointCompiler.port(socket);
        var text = socket.getAddress() + ":" + port;
        return new Discovery.Named(
                socket.getAddress(),
                port,
                EndpointCompiler.endpoint(from, text, new Target.Direct(List.of()), ""),
                EndpointCompiler.locality(group),
                EndpointCompiler.priority(group),
                EndpointCompiler.weight(group));
    }

    @SuppressWarnings("deprecation") // istiod still sends the fields of the cluster itself.
    private static Discovery.DnsSettings dns(Cluster from) throws Refused {
        var refresh =
                positive(
                        "dns_refresh_rate",
                        duration(
                                "dns_refresh_rate",
                                from.hasDnsRefreshRate(),
                                from.getDnsRefreshRate(),
                                Discovery.DnsSettings.DEFAULT_REFRESH));
        var base = refresh;
        var most = refresh;
        if (from.hasDnsFailureRefreshRate()) {
            var failure = from.getDnsFailureRefreshRate();
            base = positive("base_interval", duration("base_interval", failure.getBaseInterval()));
            most =
                    duration(
                            "max_interval",
                            failure.hasMaxInterval(),
                            failure.getMaxInterval(),
                            base.multipliedBy(FAILURE_FACTOR));
        }
        return new Discovery.DnsSettings(
                family(from.getDnsLookupFamily()),
                refresh,
                from.getRespectDnsTtl(),
                duration("dns_jitter", from.getDnsJitter()),
                base,
                most);
    }

    private static Discovery.Family family(Cluster.DnsLookupFamily from) throws Refused {
        return switch (from) {
            case AUTO -> Discovery.Family.AUTO;
            case V4_ONLY -> Discovery.Family.V4_ONLY;
            case V6_ONLY -> Discovery.Family.V6_ONLY;
            case V4_PREFERRED -> Discovery.Family.V4_PREFERRED;
            case ALL -> Discovery.Family.ALL;
            case UNRECOGNIZED ->
                    throw new Refused(
                            "dns_lookup_family",
                            from.toString(),
                            "AUTO, V4_ONLY, V6_ONLY, V4_PREFERRED or ALL");
        };
    }

    private static Discovery custom(Cluster from, CompileScope scope) throws Refused {
        var config = from.getClusterType().getTypedConfig();
        if (!CompileScope.type(config).equals(FORWARD)) {
            throw new Refused("cluster_type", CompileScope.type(config), FORWARD);
        }
        var forward =
                CompileScope.unpack("cluster_type.typed_config", config, ClusterConfig.parser());
        if (forward.hasSubClustersConfig()) {
            throw new Refused("sub_clusters_config", "present", "dns_cache_config");
        }
        var cache = forward.getDnsCacheConfig();
        if (cache.hasKeyValueConfig() || cache.getPreresolveHostnamesCount() > 0) {
            scope.skipped("dns_cache_config: key_value_config, preresolve_hostnames");
        }
        return new Discovery.DynamicForward(
                dns(cache),
                Values.integer(
                        "max_hosts",
                        Values.uint(cache.hasMaxHosts(), cache.getMaxHosts(), CACHE_HOSTS),
                        1,
                        Integer.MAX_VALUE),
                duration("host_ttl", cache.hasHostTtl(), cache.getHostTtl(), CACHE_TTL),
                forward.getAllowInsecureClusterOptions());
    }

    private static Discovery.DnsSettings dns(DnsCacheConfig from) throws Refused {
        var refresh =
                positive(
                        "dns_refresh_rate",
                        duration(
                                "dns_refresh_rate",
                                from.hasDnsRefreshRate(),
                                from.getDnsRefreshRate(),
                                CACHE_REFRESH));
        var base = refresh;
        var most = refresh;
        if (from.hasDnsFailureRefreshRate()) {
            var failure = from.getDnsFailureRefreshRate();
            base = positive("base_interval", duration("base_interval", failure.getBaseInterval()));
            most =
                    duration(
                            "max_interval",
                            failure.hasMaxInterval(),
                            failure.getMaxInterval(),
                            base.multipliedBy(FAILURE_FACTOR));
        }
        return new Discovery.DnsSettings(
                family(from.getDnsLookupFamily()), refresh, true, Duration.ZERO, base, most);
    }
}
