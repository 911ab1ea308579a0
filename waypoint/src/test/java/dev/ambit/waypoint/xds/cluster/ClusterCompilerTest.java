package dev.ambit.waypoint.xds.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.waypoint.pool.HttpClientConfig;
import dev.ambit.waypoint.pool.Target;
import dev.ambit.waypoint.pool.TlsClientConfig;
import dev.ambit.waypoint.pool.TransportConfig;
import dev.ambit.waypoint.upstream.BalancerConfig;
import dev.ambit.waypoint.upstream.BreakerConfig;
import dev.ambit.waypoint.upstream.ClusterConfig;
import dev.ambit.waypoint.upstream.Discovery;
import dev.ambit.waypoint.upstream.Endpoint;
import dev.ambit.waypoint.upstream.EndpointSet;
import dev.ambit.waypoint.upstream.Locality;
import dev.ambit.waypoint.upstream.OutlierConfig;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ClusterCompilerTest {
    private static final String TYPE = "'@type': 'type.googleapis.com/";
    private static final String OPTIONS =
            "typedExtensionProtocolOptions: {"
                    + "'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {"
                    + TYPE
                    + "envoy.extensions.upstreams.http.v3.HttpProtocolOptions', %s}}";
    private static final TypeRegistry TYPES =
            TypeRegistry.newBuilder()
                    .add(HttpProtocolOptions.getDescriptor())
                    .add(UpstreamTlsContext.getDescriptor())
                    .add(RawBuffer.getDescriptor())
                    .add(InternalUpstreamTransport.getDescriptor())
                    .add(ProxyProtocolUpstreamTransport.getDescriptor())
                    .add(PreserveCaseFormatterConfig.getDescriptor())
                    .add(dynamic())
                    .build();

    private static com.google.protobuf.Descriptors.Descriptor dynamic() {
        return io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig
                .getDescriptor();
    }

    private final CompileScope scope = new CompileScope();

    private ClusterConfig compile(String body) throws IOException, Refused {
        var builder = Cluster.newBuilder();
        JsonFormat.parser()
                .usingTypeRegistry(TYPES)
                .merge("{name: 'c', " + body.replace('\'', '"') + "}", builder);
        return ClusterCompiler.compile(builder.build(), scope);
    }

    private EndpointSet endpoints(String body) throws IOException, Refused {
        var builder = ClusterLoadAssignment.newBuilder();
        JsonFormat.parser().merge("{" + body.replace('\'', '"') + "}", builder);
        return EndpointCompiler.compile(builder.build(), scope);
    }

    @Test
    void cluster_nothingSaid_hasEnvoysDefaults() throws Exception {
        var config = compile("type: 'EDS'");
        assertThat(config.discovery()).isEqualTo(new Discovery.Eds("c"));
        assertThat(config.balancer()).isEqualTo(new BalancerConfig.RoundRobin(Optional.empty()));
        assertThat(config.shared().panicThreshold()).isEqualTo(50);
        assertThat(config.breakers()).isEqualTo(BreakerConfig.DEFAULTS);
        assertThat(config.outlier()).isEmpty();
        assertThat(config.facts().statName()).isEqualTo("c");
        assertThat(config.bufferBytes()).isEqualTo(1_048_576);
        var transport = config.transport();
        assertThat(transport.tls()).isEmpty();
        assertThat(transport.connectTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(transport.http().version()).isEqualTo(HttpClientConfig.Version.HTTP_1);
        assertThat(transport.http().idleTimeout()).isEqualTo(Duration.ofHours(1));
        assertThat(transport.http().maxResponseHeaders()).isEqualTo(100);
    }

    @Test
    void facts_ofIstio_areRead() throws Exception {
        var config =
                compile(
                        """
                        type: 'EDS', altStatName: 'stat;', metadata: {filterMetadata: {istio: {
                          config: '/apis/x', subset: 'http/v1', services:
                            [{host: 'a.b.svc', name: 'a', namespace: 'b'}]}}}
                        """);
        assertThat(config.facts().statName()).isEqualTo("stat;");
        assertThat(config.facts().config()).isEqualTo("/apis/x");
        assertThat(config.facts().subset()).isEqualTo("http/v1");
        assertThat(config.facts().services())
                .singleElement()
                .satisfies(s -> assertThat(s.host()).isEqualTo("a.b.svc"))
                .satisfies(s -> assertThat(s.namespace()).isEqualTo("b"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    lbPolicy: 'ROUND_ROBIN', roundRobinLbConfig: {slowStartConfig: {slowStartWindow: '60s'}} | RoundRobin[slowStart=Optional[SlowStart[window=PT1M, aggression=1.0, minWeight=0.1]]]
                    lbPolicy: 'LEAST_REQUEST' | LeastRequest[choices=2, bias=1.0, slowStart=Optional.empty]
                    lbPolicy: 'LEAST_REQUEST', leastRequestLbConfig: {choiceCount: 5, slowStartConfig: {slowStartWindow: '45s', aggression: {defaultValue: 2.5}, minWeightPercent: {value: 20}}} | LeastRequest[choices=5, bias=1.0, slowStart=Optional[SlowStart[window=PT45S, aggression=2.5, minWeight=0.2]]]
                    lbPolicy: 'RANDOM' | Random[]
                    lbPolicy: 'RING_HASH' | RingHash[minSize=1024, maxSize=8388608, function=XX_HASH, balanceFactor=0]
                    lbPolicy: 'RING_HASH', ringHashLbConfig: {minimumRingSize: 512, hashFunction: 'MURMUR_HASH_2'} | RingHash[minSize=512, maxSize=8388608, function=MURMUR_HASH_2, balanceFactor=0]
                    lbPolicy: 'MAGLEV' | Maglev[tableSize=65537, balanceFactor=0]
                    lbPolicy: 'MAGLEV', maglevLbConfig: {tableSize: 1021}, commonLbConfig: {consistentHashingLbConfig: {hashBalanceFactor: 150}} | Maglev[tableSize=1021, balanceFactor=150]
                    """)
    void balancer_options_areRead(String options, String expected) throws Exception {
        assertThat(compile("type: 'EDS', " + options).balancer()).hasToString(expected);
    }

    @Test
    void commonOptions_areRead() throws Exception {
        var shared =
                compile(
                                """
                                type: 'EDS', commonLbConfig: {healthyPanicThreshold: {value: 33.6},
                                  localityWeightedLbConfig: {},
                                  consistentHashingLbConfig: {useHostnameForHashing: true}}
                                """)
                        .shared();
        assertThat(shared.panicThreshold()).isEqualTo(34);
        assertThat(shared.localityWeighted()).isTrue();
        assertThat(shared.hashHostname()).isTrue();
        assertThat(compile("type: 'EDS', commonLbConfig: {healthyPanicThreshold: {}}").shared())
                .satisfies(s -> assertThat(s.panicThreshold()).isZero())
                .satisfies(s -> assertThat(s.localityWeighted()).isFalse());
    }

    @Test
    void breakers_areRead() throws Exception {
        var config =
                compile(
                        """
                        type: 'EDS', circuitBreakers: {thresholds: [
                          {priority: 'HIGH', maxRequests: 1},
                          {maxConnections: 4294967295, maxPendingRequests: 12, trackRemaining: true,
                            retryBudget: {budgetPercent: {value: 33.5}}}]}
                        """);
        assertThat(config.breakers())
                .isEqualTo(
                        new BreakerConfig(
                                4_294_967_295L,
                                12,
                                1024,
                                3,
                                Optional.of(new BreakerConfig.RetryBudget(33.5, 3, Duration.ZERO)),
                                true));
        assertThat(scope.skipped()).containsExactly("circuit_breakers of priority HIGH");
    }

    @Test
    void outlier_isRead() throws Exception {
        var outlier =
                compile(
                                """
                                type: 'EDS', outlierDetection: {consecutive5xx: 3, interval: '9s',
                                  baseEjectionTime: '400s', maxEjectionPercent: 60,
                                  enforcingSuccessRate: 0, splitExternalLocalOriginErrors: true}
                                """)
                        .outlier()
                        .orElseThrow();
        var or = OutlierConfig.DEFAULTS;
        assertThat(outlier)
                .isEqualTo(
                        new OutlierConfig(
                                Duration.ofSeconds(9),
                                Duration.ofSeconds(400),
                                Duration.ofSeconds(400),
                                Duration.ZERO,
                                60,
                                false,
                                new OutlierConfig.Consecutive(3, 100, 5, 0, 5, 100),
                                new OutlierConfig.SuccessRate(5, 100, 1900, 0, 100),
                                or.failurePercentage(),
                                true,
                                Set.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    explicitHttpConfig: {http2ProtocolOptions: {maxConcurrentStreams: 7, connectionKeepalive: {interval: '10s', timeout: '3s'}}} | HTTP_2
                    explicitHttpConfig: {httpProtocolOptions: {}} | HTTP_1
                    useDownstreamProtocolConfig: {httpProtocolOptions: {}, http2ProtocolOptions: {}} | DOWNSTREAM
                    autoConfig: {} | AUTO
                    commonHttpProtocolOptions: {idleTimeout: '90s', maxRequestsPerConnection: 14, maxConnectionDuration: '300s'} | HTTP_1
                    """)
    void protocol_ofHttp_isRead(String options, HttpClientConfig.Version version) throws Exception {
        var http = compile("type: 'EDS', " + OPTIONS.formatted(options)).transport().http();
        assertThat(http.version()).isEqualTo(version);
        if (version == HttpClientConfig.Version.HTTP_2) {
            assertThat(http.maxConcurrentStreams()).isEqualTo(7);
            assertThat(http.pingInterval()).isEqualTo(Duration.ofSeconds(10));
            assertThat(http.pingTimeout()).isEqualTo(Duration.ofSeconds(3));
        }
        if (options.contains("idleTimeout")) {
            assertThat(http.idleTimeout()).isEqualTo(Duration.ofSeconds(90));
            assertThat(http.maxRequests()).isEqualTo(14);
            assertThat(http.maxDuration()).isEqualTo(Duration.ofMinutes(5));
        }
    }

    @Test
    void transport_insideTheTunnel_isUnwrapped() throws Exception {
        var tls =
                "{name: 't', typedConfig: {"
                        + TYPE
                        + "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',"
                        + """
                        sni: 'up.example', commonTlsContext: {
                          alpnProtocols: ['istio-peer-exchange', 'istio', 'h2'],
                          tlsParams: {tlsMinimumProtocolVersion: 'TLSv1_3'},
                          tlsCertificateSdsSecretConfigs: [{name: 'default'}],
                          combinedValidationContext: {
                            validationContextSdsSecretConfig: {name: 'ROOTCA'},
                            defaultValidationContext: {crl: {filename: '/etc/crl.pem'},
                              matchTypedSubjectAltNames:
                                [{sanType: 'URI', matcher: {prefix: 'spiffe://td/'}}],
                              matchSubjectAltNames: [{exact: 'up.example'}]}}}}}
                        """;
        var proxy =
                "{name: 'p', typedConfig: {"
                        + TYPE
                        + "envoy.extensions.transport_sockets.proxy_protocol.v3"
                        + ".ProxyProtocolUpstreamTransport',"
                        + "config: {version: 'V2'}, transportSocket: "
                        + tls
                        + "}}";
        var internal =
                "{name: 'i', typedConfig: {"
                        + TYPE
                        + "envoy.extensions.transport_sockets.internal_upstream.v3"
                        + ".InternalUpstreamTransport',"
                        + "transportSocket: "
                        + proxy
                        + "}}";
        var config =
                compile(
                        "type: 'EDS', connectTimeout: '1.5s', transportSocket: "
                                + internal
                                + ", upstreamConnectionOptions: {tcpKeepalive: {keepaliveProbes: 3,"
                                + " keepaliveTime: 600}}");
        var transport = config.transport();
        assertThat(transport.proxyProtocol()).contains(TransportConfig.ProxyProtocol.V2);
        assertThat(transport.connectTimeout()).isEqualTo(Duration.ofMillis(1500));
        assertThat(transport.keepAlive())
                .contains(
                        new TransportConfig.TcpKeepAlive(
                                3, Duration.ofSeconds(600), Duration.ZERO));
        assertThat(transport.tls())
                .contains(
                        new TlsClientConfig(
                                Optional.of("default"),
                                Optional.of("ROOTCA"),
                                List.of(
                                        new TlsClientConfig.SanMatch(
                                                "URI",
                                                TlsClientConfig.How.PREFIX,
                                                "spiffe://td/",
                                                false),
                                        new TlsClientConfig.SanMatch(
                                                "ANY",
                                                TlsClientConfig.How.EXACT,
                                                "up.example",
                                                false)),
                                "up.example",
                                false,
                                false,
                                List.of("istio", "h2"),
                                "TLSv1.3",
                                "TLSv1.3",
                                List.of(),
                                Optional.of("file-crl:/etc/crl.pem")));
        assertThat(scope.secrets())
                .containsExactlyInAnyOrder("default", "ROOTCA", "file-crl:/etc/crl.pem");
    }

    @Test
    void transportMatches_byLabels_firstOneWins() throws Exception {
        var config =
                compile(
                        """
                        type: 'EDS', connectTimeout: '1s', transportSocketMatches: [
                          {name: 'hbone', match: {tunnel: 'http'}},
                          {name: 'tlsMode-disabled', match: {}}]
                        """);
        assertThat(config.matches()).hasSize(2);
        assertThat(config.transportFor(Map.of("tunnel", "http")))
                .isSameAs(config.matches().get(0).transport());
        assertThat(config.transportFor(Map.of("tlsMode", "istio")))
                .isSameAs(config.matches().get(1).transport());
    }

    @Test
    void staticCluster_ofAnInternalListener_isToldApart() throws Exception {
        var body =
                """
                type: 'STATIC', loadAssignment: {endpoints: [{lbEndpoints: [{endpoint:
                  {address: {envoyInternalAddress: {serverListenerName: '%s'}}}}]}]}
                """;
        assertThat(compile(body.formatted("connect_originate")).discovery())
                .isEqualTo(new Discovery.OriginalTunnel("envoy://connect_originate/"));
        assertThat(compile(body.formatted("main_internal")).discovery())
                .isEqualTo(new Discovery.Internal("main_internal"));
    }

    @Test
    void originalDst_isRead() throws Exception {
        assertThat(
                        compile(
                                        """
                                        type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED',
                                        cleanupInterval: '60s',
                                        originalDstLbConfig: {upstreamPortOverride: 15008}
                                        """)
                                .discovery())
                .isEqualTo(new Discovery.OriginalDst(OptionalInt.of(15008), Duration.ofMinutes(1)));
    }

    @Test
    void strictDns_isRead() throws Exception {
        var discovery =
                compile(
                                """
                                type: 'STRICT_DNS', dnsLookupFamily: 'V4_ONLY', respectDnsTtl: true,
                                dnsRefreshRate: '60s', dnsJitter: '0.1s',
                                dnsFailureRefreshRate: {baseInterval: '2s'},
                                loadAssignment: {endpoints: [{locality: {region: 'eu'},
                                  loadBalancingWeight: 4, priority: 1, lbEndpoints: [
                                    {loadBalancingWeight: 3, endpoint: {address: {socketAddress:
                                      {address: 'api.example', portValue: 443}}}}]}]}
                                """)
                        .discovery();
        assertThat(discovery).isInstanceOf(Discovery.StrictDns.class);
        if (discovery instanceof Discovery.StrictDns(var names, var dns, int factor)) {
            assertThat(factor).isEqualTo(140);
            assertThat(dns)
                    .isEqualTo(
                            new Discovery.DnsSettings(
                                    Discovery.Family.V4_ONLY,
                                    Duration.ofSeconds(60),
                                    true,
                                    Duration.ofMillis(100),
                                    Duration.ofSeconds(2),
                                    Duration.ofSeconds(20)));
            var named = names.getFirst();
            assertThat(named.name()).isEqualTo("api.example");
            assertThat(named.port()).isEqualTo(443);
            assertThat(named.priority()).isEqualTo(1);
            assertThat(named.localityWeight()).isEqualTo(4);
            assertThat(named.locality()).isEqualTo(new Locality("eu", "", ""));
            assertThat(named.endpoint().weight()).isEqualTo(3);
        }
    }

    @Test
    void dynamicForward_isRead() throws Exception {
        assertThat(
                        compile(
                                        "lbPolicy: 'CLUSTER_PROVIDED', clusterType: {name: 'd',"
                                                + " typedConfig: {"
                                                + TYPE
                                                + "envoy.extensions.clusters.dynamic_forward_proxy"
                                                + ".v3.ClusterConfig', dnsCacheConfig: {name: 'x',"
                                                + " dnsLookupFamily: 'V4_ONLY'}}}")
                                .discovery())
                .isEqualTo(
                        new Discovery.DynamicForward(
                                new Discovery.DnsSettings(
                                        Discovery.Family.V4_ONLY,
                                        Duration.ofSeconds(60),
                                        true,
                                        Duration.ZERO,
                                        Duration.ofSeconds(60),
                                        Duration.ofSeconds(60)),
                                1024,
                                Duration.ofMinutes(5),
                                false));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    type: 'EDS', healthChecks: [{timeout: '1s'}]                        | health_checks
                    type: 'EDS', lbSubsetConfig: {}                                     | lb_subset_config
                    type: 'EDS', loadBalancingPolicy: {}                                | load_balancing_policy
                    type: 'EDS', lbPolicy: 'CLUSTER_PROVIDED'                           | lb_policy
                    type: 'ORIGINAL_DST', lbPolicy: 'ROUND_ROBIN'                       | lb_policy
                    type: 'EDS', lbPolicy: 'MAGLEV', maglevLbConfig: {tableSize: 1024}  | a prime number
                    type: 'EDS', lbPolicy: 'RING_HASH', ringHashLbConfig: {minimumRingSize: 9, maximumRingSize: 8} | minimum_ring_size
                    type: 'EDS', connectTimeout: '0s'                                   | connect_timeout
                    type: 'EDS', connectTimeout: '-1s'                                  | connect_timeout
                    type: 'EDS', filters: [{name: 'lua'}]                               | filters: 'lua'
                    type: 'EDS', upstreamBindConfig: {}                                 | upstream_bind_config
                    type: 'EDS', outlierDetection: {interval: '0s'}                     | outlier_detection: interval
                    type: 'EDS', outlierDetection: {maxEjectionPercent: 101}            | max_ejection_percent
                    type: 'EDS', outlierDetection: {maxEjectionTime: '1s'}              | max_ejection_time
                    type: 'EDS', commonLbConfig: {healthyPanicThreshold: {value: 101}}  | healthy_panic_threshold
                    type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED', originalDstLbConfig: {useHttpHeader: true} | use_http_header
                    type: 'LOGICAL_DNS'                                                 | load_assignment
                    type: 'STATIC', loadAssignment: {endpoints: [{lbEndpoints: [{endpoint: {address: {socketAddress: {address: 'name.example', portValue: 1}}}}]}]} | is it a name
                    type: 'STATIC', loadAssignment: {endpoints: [{priority: 129}]}      | priority
                    type: 'STATIC', loadAssignment: {policy: {dropOverloads: [{category: 'x'}]}} | drop_overloads
                    type: 'EDS', transportSocket: {name: 'quic'}                        | quic
                    type: 'EDS', circuitBreakers: {perHostThresholds: [{}]}             | per_host_thresholds
                    """)
    void cluster_notUnderstood_isRefusedWithTheField(String body, String reason) {
        assertThatThrownBy(() -> compile(body))
                .isInstanceOf(Refused.class)
                .hasMessageStartingWith("cluster c: ")
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    commonTlsContext: {tlsCertificates: [{}]}                            | tls_certificates
                    commonTlsContext: {validationContext: {trustedCa: {filename: 'x'}}}  | trusted_ca
                    commonTlsContext: {validationContext: {verifyCertificateHash: ['x']}} | verify_certificate_hash
                    commonTlsContext: {validationContext: {matchTypedSubjectAltNames: [{sanType: 'DNS', matcher: {exact: 'x'}}]}} | match_typed_subject_alt_names
                    commonTlsContext: {validationContext: {trustChainVerification: 'ACCEPT_UNTRUSTED'}} | trust_chain_verification
                    commonTlsContext: {tlsParams: {tlsMinimumProtocolVersion: 'TLSv1_0'}} | TLSv1_0
                    autoHostSni: true                                                    | auto_host_sni
                    commonTlsContext: {tlsCertificateSdsSecretConfigs: [{}]}             | tls_certificate_sds
                    """)
    void tls_checkNotUnderstood_isRefused(String context, String reason) {
        var body =
                "type: 'EDS', transportSocket: {name: 't', typedConfig: {"
                        + TYPE
                        + "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', "
                        + context
                        + "}}";
        assertThatThrownBy(() -> compile(body))
                .isInstanceOf(Refused.class)
                .hasMessageContaining(reason);
    }

    @Test
    void endpoints_ofEachKind_areRead() throws Exception {
        var set =
                endpoints(
                        """
                        policy: {overprovisioningFactor: 150, weightedPriorityHealth: true},
                        endpoints: [{locality: {region: 'r', zone: 'z', subZone: 's'}, priority: 1,
                          loadBalancingWeight: 70, lbEndpoints: [
                          {healthStatus: 'UNHEALTHY', loadBalancingWeight: 2,
                           endpoint: {address: {envoyInternalAddress:
                             {serverListenerName: 'connect_originate', endpointId: '10.1.1.1:80'}}},
                           metadata: {filterMetadata: {
                             'envoy.filters.listener.original_dst': {local: '10.1.1.1:80'},
                             istio: {workload: 'a;b;c;;d'}}}},
                          {endpoint: {address: {envoyInternalAddress:
                             {serverListenerName: 'connect_originate', endpointId: 'x'}}},
                           metadata: {filterMetadata: {'envoy.filters.listener.original_dst':
                             {local: '[fd00::1]:80', waypoint: '10.9.9.9:15008'}}}},
                          {endpoint: {address: {envoyInternalAddress:
                             {serverListenerName: 'inner_connect_originate', endpointId: 'g'}}},
                           metadata: {filterMetadata: {
                             'envoy.filters.listener.original_dst': {local: '203.0.113.2:15008'},
                             istio: {double_hbone: {hbone_target_address: 'a.b.svc:80'}}}}},
                          {endpoint: {address: {envoyInternalAddress:
                             {serverListenerName: 'forward_inner_connect', endpointId: 'f'}}},
                           metadata: {filterMetadata: {
                             'envoy.filters.listener.original_dst': {local: '10.1.1.9:80'}}}},
                          {healthStatus: 'DRAINING', endpoint: {hostname: 'h',
                             address: {socketAddress: {address: '192.0.2.1', portValue: 81}},
                             additionalAddresses: [{address: {socketAddress:
                               {address: '2001:db8::1', portValue: 81}}}]},
                           metadata: {filterMetadata: {
                             'envoy.transport_socket_match': {tlsMode: 'istio'},
                             'envoy.lb': {hash_key: 'k'}}}}]}]
                        """);
        assertThat(set.overprovisioningFactor()).isEqualTo(150);
        assertThat(set.weightedPriorityHealth()).isTrue();
        var group = set.groups().getFirst();
        assertThat(group.locality()).isEqualTo(new Locality("r", "z", "s"));
        assertThat(group.priority()).isEqualTo(1);
        assertThat(group.weight()).isEqualTo(70);
        assertThat(group.endpoints())
                .extracting(Endpoint::target)
                .containsExactly(
                        new Target.Tunnel(new InetSocketAddress("10.1.1.1", 15008), "10.1.1.1:80"),
                        new Target.Tunnel(new InetSocketAddress("10.9.9.9", 15008), "[fd00::1]:80"),
                        new Target.GatewayTunnel(
                                new InetSocketAddress("203.0.113.2", 15008), "a.b.svc:80"),
                        new Target.Direct(List.of(new InetSocketAddress("10.1.1.9", 15008))),
                        new Target.Direct(
                                List.of(
                                        new InetSocketAddress("192.0.2.1", 81),
                                        new InetSocketAddress("2001:db8::1", 81))));
        var first = group.endpoints().getFirst();
        assertThat(first.address()).isEqualTo("envoy://connect_originate/10.1.1.1:80");
        assertThat(first.workloadAddress()).isEqualTo("10.1.1.1");
        assertThat(first.workload()).isEqualTo("a;b;c;;d");
        assertThat(first.health()).isEqualTo(Endpoint.Health.UNHEALTHY);
        assertThat(first.weight()).isEqualTo(2);
        var last = group.endpoints().getLast();
        assertThat(last.hashKey()).isEqualTo("k");
        assertThat(last.hostname()).isEqualTo("h");
        assertThat(last.health()).isEqualTo(Endpoint.Health.DRAINING);
        assertThat(last.socketMatch()).isEqualTo(Map.of("tlsMode", "istio"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    'local': ''              | ip:port
                    'local': 'name:80'       | is it a name
                    'local': '10.0.0.1'      | ip:port
                    'local': '10.0.0.1:0'    | 1 to 65535
                    'local': '10.0.0.1:99999' | 1 to 65535
                    'local': '10.0.0.1:80x'  | ip:port
                    """)
    void tunnelAddress_malformed_isRefused(String field, String reason) {
        var body =
                """
                endpoints: [{lbEndpoints: [{endpoint: {address: {envoyInternalAddress:
                  {serverListenerName: 'connect_originate'}}}, metadata: {filterMetadata:
                    {'envoy.filters.listener.original_dst': {%s}}}}]}]
                """;
        assertThatThrownBy(() -> endpoints(body.formatted(field)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("lb_endpoints[0]")
                .hasMessageContaining(reason);
    }
}
