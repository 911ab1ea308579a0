package dev.ambit.control.l7.cluster;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.Protocol;
import dev.ambit.control.l7.registry.ServicePort;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.EdsClusterConfig;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig;
import io.envoyproxy.envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig;
import io.envoyproxy.envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig;
import io.envoyproxy.envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/// What clusters of a service have in common, whoever calls: how its endpoints are found, and which
/// HTTP they speak.
record ClusterBase(WaypointScope scope, MeshService service) {
    private static final String CASE = "preserveHttp1HeaderCase";
    private static final String RACE = "istio.io/connect-strategy";

    /// So that not all proxies ask at once.
    private static final Duration DNS_JITTER = Duration.ofMillis(100);

    private static final int DNS_QUERIES = 100;
    private static final Any CARES =
            Protos.any(
                    CaresDnsResolverConfig.newBuilder()
                            .setUdpMaxQueries(UInt32Value.of(DNS_QUERIES))
                            .build());
    private static final Http1ProtocolOptions PRESERVED_CASE =
            Http1ProtocolOptions.newBuilder()
                    .setHeaderKeyFormat(
                            HeaderKeyFormat.newBuilder()
                                    .setStatefulFormatter(
                                            TypedExtensionConfig.newBuilder()
                                                    .setName("preserve_case")
                                                    .setTypedConfig(
                                                            Protos.any(
                                                                    PreserveCaseFormatterConfig
                                                                            .getDefaultInstance()))))
                    .build();

    private Cluster.DiscoveryType type() {
        return switch (service.resolution()) {
            case STATIC -> Cluster.DiscoveryType.EDS;
            case DNS ->
                    races() ? Cluster.DiscoveryType.LOGICAL_DNS : Cluster.DiscoveryType.STRICT_DNS;
            case DNS_ROUND_ROBIN -> Cluster.DiscoveryType.LOGICAL_DNS;
            case PASSTHROUGH -> Cluster.DiscoveryType.ORIGINAL_DST;
            // A name with a wildcard can't be looked up; with another the endpoints are known.
            case DYNAMIC_DNS -> Cluster.DiscoveryType.EDS;
        };
    }

    /// Several addresses are tried at once, and the first that answers is taken.
    private boolean races() {
        return service.annotations()
                .getOrDefault(RACE, "")
                .equalsIgnoreCase("RACE_FIRST_TCP_CONNECT");
    }

    /// @param inline endpoints, for those that are looked up by the proxy
    /// @return empty when there is nothing to look up
    Optional<ClusterDraft> draft(
            String name, ServicePort port, Supplier<ClusterLoadAssignment> inline) {
        return draft(name, port, type(), inline);
    }

    Optional<ClusterDraft> draft(
            String name,
            ServicePort port,
            Cluster.DiscoveryType type,
            Supplier<ClusterLoadAssignment> inline) {
        var draft = new ClusterDraft(name, false);
        draft.cluster.setType(type);
        switch (type) {
            case STRICT_DNS, LOGICAL_DNS -> {
                var endpoints = inline.get();
                if (endpoints.getEndpointsCount() == 0) {
                    return Optional.empty();
                }
                lookUp(draft.cluster);
                draft.cluster.setLoadAssignment(endpoints);
            }
            case ORIGINAL_DST -> {
                if (service.source() == MeshService.Source.SERVICE_ENTRY
                        && port.targetPort() != 0
                        && port.targetPort() != port.number()) {
                    draft.cluster
                            .getOriginalDstLbConfigBuilder()
                            .setUpstreamPortOverride(Protos.uint32(port.targetPort()));
                }
            }
            case STATIC, EDS, UNRECOGNIZED -> {}
        }
        draft.cluster.getCommonLbConfigBuilder();
        speak(draft, port);
        return Optional.of(draft);
    }

    @SuppressWarnings("deprecation") // As istiod sends it.
    private void lookUp(Cluster.Builder cluster) {
        cluster.setDnsLookupFamily(races() ? Cluster.DnsLookupFamily.ALL : families(scope.node()))
                .setTypedDnsResolverConfig(
                        TypedExtensionConfig.newBuilder()
                                .setName("envoy.network.dns_resolver.cares")
                                .setTypedConfig(CARES))
                .setDnsJitter(Protos.duration(DNS_JITTER))
                .setDnsRefreshRate(
                        Protos.duration(scope.model().input().mesh().traffic().dnsRefreshRate()))
                .setRespectDnsTtl(true);
    }

    static Cluster.DnsLookupFamily families(WaypointNode node) {
        return node.ipv6() && !node.ipv4()
                ? Cluster.DnsLookupFamily.V6_ONLY
                : Cluster.DnsLookupFamily.V4_ONLY;
    }

    /// Looks up what each request or connection names.
    ClusterDraft dynamic(String name, ServicePort port) {
        var draft = new ClusterDraft(name, true);
        var cache =
                DnsCacheConfig.newBuilder()
                        .setName(service.hostname() + "_dfp_dns_cache")
                        .setDnsLookupFamily(families(scope.node()));
        draft.cluster
                .setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED)
                .getClusterTypeBuilder()
                .setName("envoy.clusters.dynamic_forward_proxy")
                .setTypedConfig(
                        Protos.any(ClusterConfig.newBuilder().setDnsCacheConfig(cache).build()));
        speak(draft, port);
        return draft;
    }

    private void speak(ClusterDraft draft, ServicePort port) {
        if (port.protocol().isHttp2()) {
            draft.useHttp2();
            return;
        }
        if (port.protocol().mayBeHttp() && preservesCase()) {
            draft.useHttp1(PRESERVED_CASE);
        }
        if (port.protocol() == Protocol.AUTO) {
            draft.useClients();
        }
    }

    /// `proxyHeaders.preserveHttp1HeaderCase` of what the proxy says of itself, else of the mesh.
    private boolean preservesCase() {
        var own = scope.node().metadata().getFieldsMap().get("PROXY_CONFIG");
        if (own == null || !own.hasStructValue()) {
            var headers = scope.model().input().mesh().observe().proxy().headers();
            return headers.preserveHttp1Case().orElse(false);
        }
        var headers = own.getStructValue().getFieldsMap().get("proxyHeaders");
        return headers != null
                && headers.getStructValue()
                        .getFieldsOrDefault(CASE, Value.getDefaultInstance())
                        .getBoolValue();
    }

    /// Keys of Redis live on one endpoint each.
    boolean shards(ServicePort port) {
        return scope.model().settings().redisFilter() && port.protocol() == Protocol.REDIS;
    }

    void endpointsOverAds(ClusterDraft draft) {
        if (draft.is(Cluster.DiscoveryType.EDS)) {
            draft.cluster.setEdsClusterConfig(
                    EdsClusterConfig.newBuilder()
                            .setServiceName(draft.name())
                            .setEdsConfig(
                                    ConfigSource.newBuilder()
                                            .setAds(AggregatedConfigSource.getDefaultInstance())
                                            .setInitialFetchTimeout(
                                                    com.google.protobuf.Duration
                                                            .getDefaultInstance())
                                            .setResourceApiVersion(ApiVersion.V3)));
        }
    }
}
