package dev.ambit.waypoint.xds.cluster;

import com.google.protobuf.Struct;
import dev.ambit.waypoint.upstream.BalancerConfig;
import dev.ambit.waypoint.upstream.ClusterConfig;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.Discovery;
import dev.ambit.waypoint.upstream.OutlierConfig;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Filter;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// `envoy.config.cluster.v3.Cluster`, as istiod makes them.
public final class ClusterCompiler {
    private static final String ISTIO = "istio";

    /// Envoy's `per_connection_buffer_limit_bytes`.
    private static final int BUFFER_BYTES = 1024 * 1024;

    /// Filters that tell peers' metadata, which telemetry finds out in other ways.
    private static final Set<String> METADATA_FILTERS =
            Set.of("istio.metadata_exchange", "upstream_hbone_peer_metadata");

    private ClusterCompiler() {}

    public static ClusterConfig compile(Cluster from, CompileScope scope) throws Refused {
        if (from.getName().isEmpty()) {
            throw new Refused("name", "", "the cluster's name");
        }
        try {
            return compileNamed(from, scope);
        } catch (Refused e) {
            throw e.in("cluster " + from.getName());
        }
    }

    private static ClusterConfig compileNamed(Cluster from, CompileScope scope) throws Refused {
        refuseUnknown(from, scope);
        var options = ProtocolCompiler.options(from, scope);
        var transports = TransportCompiler.of(from, options, scope);
        var discovery = DiscoveryCompiler.compile(from, scope);
        return new ClusterConfig(
                facts(from),
                discovery,
                balancer(from, discovery),
                BalancerCompiler.shared(from.getCommonLbConfig(), scope),
                BreakerCompiler.compile(from.getCircuitBreakers(), scope),
                outlier(from, options),
                transports.compile(from.getTransportSocket()),
                Values.each(
                        "transport_socket_matches",
                        from.getTransportSocketMatchesList(),
                        transports::match),
                Values.integer(
                        "per_connection_buffer_limit_bytes",
                        from.hasPerConnectionBufferLimitBytes(),
                        from.getPerConnectionBufferLimitBytes(),
                        BUFFER_BYTES));
    }

    /// One logical host needs no choice.
    private static BalancerConfig balancer(Cluster from, Discovery discovery) throws Refused {
        var balancer = BalancerCompiler.compile(from);
        boolean provides =
                switch (discovery) {
                    case Discovery.OriginalDst _, Discovery.DynamicForward _ -> true;
                    case Discovery.Eds _,
                            Discovery.Static _,
                            Discovery.StrictDns _,
                            Discovery.LogicalDns _,
                            Discovery.OriginalTunnel _,
                            Discovery.Internal _ ->
                            false;
                };
        if (provides != balancer instanceof BalancerConfig.Provided) {
            throw new Refused(
                    "lb_policy",
                    from.getLbPolicy().toString(),
                    provides
                            ? "CLUSTER_PROVIDED, since the type says which host"
                            : "another than CLUSTER_PROVIDED, since the type does not say which"
                                    + " host");
        }
        return balancer;
    }

    private static Optional<OutlierConfig> outlier(Cluster from, HttpProtocolOptions options)
            throws Refused {
        if (!from.hasOutlierDetection()) {
            return Optional.empty();
        }
        try {
            return Optional.of(OutlierCompiler.compile(from.getOutlierDetection(), options));
        } catch (Refused e) {
            throw e.in("outlier_detection");
        }
    }

    private static void refuseUnknown(Cluster from, CompileScope scope) throws Refused {
        if (from.getHealthChecksCount() > 0) {
            throw new Refused(
                    "health_checks",
                    from.getHealthChecksCount() + " checks",
                    "none: the control plane tells health (EnvoyFilter?)");
        }
        if (from.hasLbSubsetConfig()) {
            throw new Refused("lb_subset_config", "present", "a cluster for each subset");
        }
        if (from.hasLoadBalancingPolicy()) {
            throw new Refused("load_balancing_policy", "present", "lb_policy");
        }
        if (from.hasUpstreamBindConfig()) {
            throw new Refused("upstream_bind_config", "present", "the kernel's choice");
        }
        if (from.getConnectionPoolPerDownstreamConnection()) {
            throw new Refused(
                    "connection_pool_per_downstream_connection", "true", "shared connections");
        }
        for (Filter filter : from.getFiltersList()) {
            if (!METADATA_FILTERS.contains(filter.getName())) {
                throw new Refused("filters", filter.getName(), METADATA_FILTERS.toString());
            }
        }
        if (from.hasPreconnectPolicy()) {
            scope.skipped("preconnect_policy");
        }
        if (from.getCloseConnectionsOnHostHealthFailure()) {
            scope.skipped("close_connections_on_host_health_failure");
        }
        if (from.hasLrsServer()) {
            scope.skipped("lrs_server");
        }
    }

    private static ClusterFacts facts(Cluster from) {
        var istio =
                from.getMetadata().getFilterMetadataOrDefault(ISTIO, Struct.getDefaultInstance());
        return new ClusterFacts(
                from.getName(),
                from.getAltStatName().isEmpty() ? from.getName() : from.getAltStatName(),
                services(istio),
                text(istio, "subset"),
                text(istio, "config"));
    }

    private static List<ClusterFacts.ServiceRef> services(Struct istio) {
        var services = istio.getFieldsMap().get("services");
        if (services == null) {
            return List.of();
        }
        var all = new ArrayList<ClusterFacts.ServiceRef>();
        for (var value : services.getListValue().getValuesList()) {
            var service = value.getStructValue();
            all.add(
                    new ClusterFacts.ServiceRef(
                            text(service, "host"),
                            text(service, "name"),
                            text(service, "namespace")));
        }
        return List.copyOf(all);
    }

    private static String text(Struct struct, String field) {
        var value = struct.getFieldsMap().get(field);
        return value == null ? "" : value.getStringValue();
    }
}
