package dev.ambit.control.l7.cluster;

import com.github.udpa.udpa.type.v1.TypedStruct;
import com.google.protobuf.Struct;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.WaypointScope;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.OriginalDstLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Filter;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.EnvoyInternalAddress;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Clusters that every waypoint has: between its own listeners, and to the far ends of tunnels.
final class FixedClusters {
    private static final String MAIN = "main_internal";
    private static final String ENCAP = "encap";
    private static final String ORIGINATE = "connect_originate";
    private static final String INNER = "inner_connect_originate";
    private static final String OUTER = "outer_connect_originate";
    private static final String FORWARD = "forward_inner_connect";
    private static final String BLACK_HOLE = "BlackHoleCluster";
    private static final int HBONE_PORT = 15008;
    private static final Duration INTERNAL_IDLE = Duration.ofMinutes(5);
    private static final Duration TUNNEL_IDLE = Duration.ofHours(1);

    /// After which a destination that nobody uses is forgotten.
    private static final Duration CLEANUP = Duration.ofSeconds(60);

    private static final String BAGGAGE_TYPE =
            "type.googleapis.com/envoy.extensions.network_filters.peer_metadata.UpstreamConfig";

    /// Learns who answered from the answer's baggage.
    static final Filter BAGGAGE =
            Filter.newBuilder()
                    .setName("upstream_hbone_peer_metadata")
                    .setTypedConfig(
                            Protos.any(
                                    TypedStruct.newBuilder()
                                            .setTypeUrl(BAGGAGE_TYPE)
                                            .setValue(Struct.getDefaultInstance())
                                            .build()))
                    .build();

    private final WaypointScope scope;

    private FixedClusters(WaypointScope scope) {
        this.scope = scope;
    }

    static List<Cluster> of(WaypointScope scope) {
        var fixed = new FixedClusters(scope);
        var settings = scope.model().settings();
        var clusters = new ArrayList<Cluster>();
        clusters.add(fixed.internal(MAIN, MAIN, true).build());
        if (scope.node().eastWest()) {
            clusters.add(fixed.internal(ENCAP, FORWARD, false).build());
        } else {
            var encap = fixed.internal(ENCAP, ORIGINATE, true);
            if (settings.baggage()) {
                encap.addFilters(BAGGAGE);
            }
            clusters.add(encap.build());
        }
        if (scope.node().eastWest() && settings.multiNetwork()) {
            clusters.add(fixed.forward());
            clusters.add(fixed.blackHole());
        } else {
            clusters.add(fixed.originate());
        }
        // Not only with several networks: as istiod.
        if (!scope.node().eastWest() && settings.multiNetworkWaypoint()) {
            clusters.add(fixed.inner());
            clusters.add(fixed.outer());
        }
        return clusters;
    }

    private static Cluster.Builder cluster(String name) {
        return Cluster.newBuilder()
                .setName(name)
                .setAltStatName(name + ";")
                .setCircuitBreakers(Pools.unlimited());
    }

    private static ClusterLoadAssignment listener(String cluster, String listener) {
        var address =
                Address.newBuilder()
                        .setEnvoyInternalAddress(
                                EnvoyInternalAddress.newBuilder().setServerListenerName(listener));
        return ClusterLoadAssignment.newBuilder()
                .setClusterName(cluster)
                .addEndpoints(
                        LocalityLbEndpoints.newBuilder()
                                .addLbEndpoints(
                                        LbEndpoint.newBuilder()
                                                .setEndpoint(
                                                        Endpoint.newBuilder().setAddress(address))))
                .build();
    }

    private Cluster.Builder internal(String name, String listener, boolean http) {
        var cluster =
                cluster(name)
                        .setType(Cluster.DiscoveryType.STATIC)
                        .setLoadAssignment(listener(name, listener))
                        .setTransportSocket(Sockets.internal("internal_upstream", Sockets.RAW));
        if (http) {
            options(
                    cluster,
                    HttpProtocolOptions.newBuilder()
                            .setCommonHttpProtocolOptions(idle(INTERNAL_IDLE))
                            .setUseDownstreamProtocolConfig(
                                    UseDownstreamHttpConfig.newBuilder()
                                            .setHttpProtocolOptions(
                                                    Http1ProtocolOptions.getDefaultInstance())
                                            .setHttp2ProtocolOptions(
                                                    Http2ProtocolOptions.getDefaultInstance()))
                            .build());
        }
        return cluster;
    }

    private static void options(Cluster.Builder cluster, HttpProtocolOptions options) {
        cluster.putTypedExtensionProtocolOptions(ClusterDraft.HTTP_OPTIONS, Protos.any(options));
    }

    private static io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions idle(Duration idle) {
        return io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions.newBuilder()
                .setIdleTimeout(Protos.duration(idle))
                .build();
    }

    /// HTTP/2 CONNECT.
    ///
    /// @param once a connection for each stream
    private HttpProtocolOptions tunnel(boolean once) {
        var settings = scope.model().settings();
        var idle = scope.model().input().mesh().traffic().hboneIdleTimeout().orElse(TUNNEL_IDLE);
        var common = idle(idle).toBuilder();
        if (once) {
            common.setMaxRequestsPerConnection(Protos.uint32(1));
        }
        var http2 = Http2ProtocolOptions.newBuilder().setAllowConnect(true);
        if (settings.hboneStreamWindow() > 0) {
            http2.setInitialStreamWindowSize(Protos.uint32(settings.hboneStreamWindow()));
        }
        if (settings.hboneConnectionWindow() > 0) {
            http2.setInitialConnectionWindowSize(Protos.uint32(settings.hboneConnectionWindow()));
        }
        return HttpProtocolOptions.newBuilder()
                .setCommonHttpProtocolOptions(common)
                .setExplicitHttpConfig(
                        ExplicitHttpConfig.newBuilder().setHttp2ProtocolOptions(http2))
                .build();
    }

    /// @param redirected the endpoint may name a waypoint to go to instead
    private Cluster.Builder original(String name, boolean redirected) {
        var config =
                OriginalDstLbConfig.newBuilder().setUpstreamPortOverride(Protos.uint32(HBONE_PORT));
        if (redirected) {
            config.setMetadataKey(
                    MetadataKey.newBuilder()
                            .setKey(ClusterMetadata.ORIGINAL_DST)
                            .addPath(MetadataKey.PathSegment.newBuilder().setKey("waypoint")));
        }
        return cluster(name)
                .setType(Cluster.DiscoveryType.ORIGINAL_DST)
                .setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED)
                .setConnectTimeout(
                        Protos.duration(scope.model().input().mesh().traffic().connectTimeout()))
                .setCleanupInterval(Protos.duration(CLEANUP))
                .setOriginalDstLbConfig(config);
    }

    private UpstreamTlsContext tls(List<String> identities) {
        return UpstreamTlsContext.newBuilder()
                .setCommonTlsContext(HboneTls.context(scope, identities))
                .build();
    }

    private Cluster originate() {
        var own =
                "spiffe://"
                        + scope.model().input().mesh().trustDomain()
                        + "/ns/"
                        + scope.node().namespace()
                        + "/sa/";
        boolean any = scope.model().settings().skipTrustDomain();
        var cluster =
                original(ORIGINATE, true)
                        .setTransportSocket(Sockets.tunnelTls(tls(any ? List.of() : List.of(own))));
        options(cluster, tunnel(false));
        return cluster.build();
    }

    private Cluster inner() {
        var cluster =
                cluster(INNER)
                        .setType(Cluster.DiscoveryType.STATIC)
                        .setLoadAssignment(listener(INNER, OUTER))
                        .setTransportSocket(
                                Sockets.internal(
                                        "internal_upstream_with_tls",
                                        Sockets.tunnelTls(tls(List.of()))));
        options(cluster, tunnel(true));
        return cluster.build();
    }

    private Cluster outer() {
        var cluster = original(OUTER, false).setTransportSocket(Sockets.tunnelTls(tls(List.of())));
        options(cluster, tunnel(true));
        return cluster.build();
    }

    private Cluster forward() {
        return original(FORWARD, true).build();
    }

    private Cluster blackHole() {
        return Cluster.newBuilder()
                .setName(BLACK_HOLE)
                .setAltStatName(BLACK_HOLE + ";")
                .setType(Cluster.DiscoveryType.STATIC)
                .setConnectTimeout(
                        Protos.duration(scope.model().input().mesh().traffic().connectTimeout()))
                .build();
    }
}
