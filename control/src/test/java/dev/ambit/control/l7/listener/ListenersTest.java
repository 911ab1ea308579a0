package dev.ambit.control.l7.listener;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.TestWaypoint;
import dev.ambit.control.l7.extend.ExtensionFindings;
import dev.ambit.envoy.EnvoyTypes;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertDetails;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What no recording shows.
class ListenersTest {
    private static final String WEB = "inbound-vip|80|http|web.shop.svc.cluster.local";
    private static final String TCP = "inbound-vip|7000|tcp|web.shop.svc.cluster.local";

    @TempDir Path directory;

    private static Listener internal(TestWaypoint waypoint) throws IOException {
        return Objects.requireNonNull(Listeners.of(waypoint.scope()).get("main_internal"));
    }

    private static FilterChain chain(TestWaypoint waypoint, String name) throws IOException {
        return internal(waypoint).getFilterChainsList().stream()
                .filter(c -> c.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static HttpConnectionManager manager(TestWaypoint waypoint) throws IOException {
        return chain(waypoint, WEB)
                .getFilters(0)
                .getTypedConfig()
                .unpack(HttpConnectionManager.class);
    }

    @Test
    void connections_allSettings_areTheManagers() throws IOException {
        var manager =
                manager(
                        TestWaypoint.of(directory, "pathNormalization: {normalization: NONE}\n")
                                .saying(
                                        """
                                        {"PROXY_CONFIG": {"connectionSettings": {
                                          "httpIdleTimeout": "1s", "httpMaxConnectionDuration": "2s",
                                          "httpMaxStreamDuration": "3s", "httpStreamIdleTimeout": "4s",
                                          "httpRequestTimeout": "5s", "httpRequestHeadersTimeout": "6s",
                                          "httpDrainTimeout": "7s", "httpMaxConcurrentStreams": 8,
                                          "http2InitialStreamWindowSize": 65536,
                                          "http2InitialConnectionWindowSize": 65537,
                                          "httpHeadersWithUnderscoresAction":
                                            "HEADERS_WITH_UNDERSCORES_DROP_HEADER",
                                          "httpMergeSlashes": true,
                                          "httpPathWithEscapedSlashesAction": "REJECT_REQUEST"}}}
                                        """));

        assertThat(EnvoyTypes.json(manager))
                .contains(
                        "\"idleTimeout\":\"1s\"",
                        "\"maxConnectionDuration\":\"2s\"",
                        "\"maxStreamDuration\":\"3s\"",
                        "\"streamIdleTimeout\":\"4s\"",
                        "\"requestTimeout\":\"5s\"",
                        "\"requestHeadersTimeout\":\"6s\"",
                        "\"drainTimeout\":\"7s\"",
                        "\"maxConcurrentStreams\":8",
                        "\"initialStreamWindowSize\":65536",
                        "\"initialConnectionWindowSize\":65537",
                        "\"headersWithUnderscoresAction\":\"DROP_HEADER\"",
                        "\"mergeSlashes\":true",
                        "\"normalizePath\":false",
                        "\"pathWithEscapedSlashesAction\":\"REJECT_REQUEST\"");
    }

    @Test
    void headers_asTheProxySays_andNotAsTheMesh() throws IOException {
        var manager =
                manager(
                        TestWaypoint.of(
                                        directory,
                                        "defaultConfig: {proxyHeaders: {server: {value: mesh}}}\n")
                                .saying(
                                        """
                                        {"PROXY_CONFIG": {"proxyHeaders": {
                                          "server": {"disabled": true},
                                          "envoyDebugHeaders": {"disabled": true},
                                          "xForwardedPort": {"enabled": true}}}}
                                        """));

        assertThat(EnvoyTypes.json(manager))
                .contains(
                        "\"serverHeaderTransformation\":\"PASS_THROUGH\"",
                        "\"appendXForwardedPort\":true",
                        "\"suppressEnvoyHeaders\":true")
                .doesNotContain("\"serverName\"");
    }

    @Test
    void proxyConfig_thatCanNotBeRead_leavesTheMeshsInEffect() throws IOException {
        var manager =
                manager(
                        TestWaypoint.of(
                                        directory,
                                        "defaultConfig: {proxyHeaders: {server: {value: mesh}}}\n")
                                .saying(
                                        """
                                        {"PROXY_CONFIG": {"proxyHeaders": {
                                          "forwardedClientCert": "NONSENSE"}}}
                                        """));

        assertThat(manager.getServerName()).isEqualTo("mesh");
    }

    @Test
    void node_saysHttp10AndIdleTimeout_areInEffect() throws IOException {
        var waypoint =
                TestWaypoint.of(directory, "")
                        .saying("{\"HTTP10\": \"1\", \"IDLE_TIMEOUT\": \"90s\"}");

        var manager = manager(waypoint);
        assertThat(manager.getHttpProtocolOptions().getAcceptHttp10()).isTrue();
        assertThat(manager.getCommonHttpProtocolOptions().getIdleTimeout().getSeconds())
                .isEqualTo(90);
        assertThat(EnvoyTypes.json(chain(waypoint, TCP))).contains("\"idleTimeout\":\"90s\"");
    }

    @Test
    void clientIdentity_asked_isWrittenBeforeEverythingElse() throws IOException {
        var manager =
                manager(
                        TestWaypoint.of(directory, "")
                                .annotated(
                                        "ambient.istio.io/xfcc-include-client-identity", "TRUE"));

        assertThat(manager.getForwardClientCertDetails())
                .isEqualTo(ForwardClientCertDetails.ALWAYS_FORWARD_ONLY);
        assertThat(manager.getHttpFilters(0).getName())
                .isEqualTo("istio.waypoint.xfcc_client_identity");
    }

    @Test
    void databases_withTheirFlags_haveTheirFilters() throws IOException {
        var waypoint =
                TestWaypoint.of(
                        directory,
                        Map.of(
                                "PILOT_ENABLE_REDIS_FILTER", "true",
                                "PILOT_ENABLE_MYSQL_FILTER", "true"),
                        "");

        assertThat(EnvoyTypes.json(internal(waypoint)))
                .contains("mysql_proxy.v3.MySQLProxy", "\"opTimeout\":\"5s\"", "MongoProxy");
        assertThat(last(waypoint, "inbound-vip|6379|tcp|store.shop.svc.cluster.local").getName())
                .isEqualTo("envoy.filters.network.redis_proxy");
        assertThat(last(waypoint, "inbound-vip|3306|tcp|store.shop.svc.cluster.local").getName())
                .isEqualTo("envoy.filters.network.tcp_proxy");
    }

    private static Filter last(TestWaypoint waypoint, String chain) throws IOException {
        return chain(waypoint, chain).getFiltersList().getLast();
    }

    @Test
    void statistics_withAPattern_areNamedByIt() throws IOException {
        var waypoint =
                TestWaypoint.of(
                        directory,
                        "inboundClusterStatName: '%SERVICE%_%SERVICE_PORT_NAME%_%SERVICE_PORT%'\n");

        assertThat(EnvoyTypes.json(chain(waypoint, TCP)))
                .contains("\"statPrefix\":\"web.shop_tcp_7000\"");
    }

    @Test
    void compliance_postQuantum_asksForThatKeyExchange() throws IOException {
        var waypoint = TestWaypoint.of(directory, Map.of("COMPLIANCE_POLICY", "pqc"), "");

        assertThat(
                        EnvoyTypes.json(
                                Objects.requireNonNull(
                                        Listeners.of(waypoint.scope()).get("connect_terminate"))))
                .contains("\"ecdhCurves\":[\"X25519MLKEM768\"]");
    }

    private static final String PLUGIN =
            """
            apiVersion: extensions.istio.io/v1alpha1
            kind: WasmPlugin
            metadata: {name: guard, namespace: shop}
            spec:
              targetRefs: [{kind: Service, name: web, group: ''}]
              url: oci://registry.example/guard
              phase: %s
              failStrategy: %s
              type: %s
            """;

    private static long refusals(TestWaypoint waypoint) throws IOException {
        var json = EnvoyTypes.json(internal(waypoint));
        return json.split("ambit.extension_refused", -1).length - 1L;
    }

    @Test
    void plugin_thatDecides_refusesTheTrafficOfItsServiceAlone() throws IOException {
        var waypoint =
                TestWaypoint.of(directory, "", PLUGIN.formatted("AUTHZ", "FAIL_CLOSE", "HTTP"));

        assertThat(manager(waypoint).getHttpFiltersList().stream().map(HttpFilter::getName))
                .contains("ambit.extension_refused");
        // Port 80, and 9000 where HTTP is found.
        assertThat(refusals(waypoint)).isEqualTo(2);
        assertThat(ExtensionFindings.of(waypoint.model()))
                .extracting(Finding::level, Finding::code)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(
                                Finding.Level.ERROR, "extension-refuses-traffic"));
    }

    @Test
    void plugin_ofTcp_refusesConnections() throws IOException {
        var waypoint =
                TestWaypoint.of(directory, "", PLUGIN.formatted("AUTHN", "FAIL_CLOSE", "NETWORK"));

        assertThat(refusals(waypoint)).isEqualTo(2);
        assertThat(chain(waypoint, TCP).getFiltersList().stream().map(Filter::getName))
                .contains("ambit.extension_refused");
    }

    @Test
    void plugin_thatMayBeAbsent_letsTrafficPassAndSaysSo() throws IOException {
        for (var plugin :
                new String[] {
                    PLUGIN.formatted("AUTHZ", "FAIL_OPEN", "HTTP"),
                    PLUGIN.formatted("STATS", "FAIL_CLOSE", "HTTP")
                }) {
            var waypoint = TestWaypoint.of(directory, "", plugin);
            assertThat(refusals(waypoint)).isZero();
            assertThat(ExtensionFindings.of(waypoint.model()))
                    .extracting(Finding::code)
                    .containsExactly("extension-not-run");
        }
    }

    private static final String PATCH =
            """
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata: {name: patch, namespace: shop}
            spec:
              targetRefs: [{kind: Gateway, name: wp, group: gateway.networking.k8s.io}]
              configPatches:
              - applyTo: HTTP_FILTER
                match: {context: SIDECAR_INBOUND}
                patch:
                  operation: INSERT_BEFORE
                  value:
                    name: f
                    typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.%s}
            """;

    @Test
    void patch_thatGuards_refusesEveryRequestOfTheWaypoint() throws IOException {
        var waypoint = TestWaypoint.of(directory, "", PATCH.formatted("oauth2.v3.OAuth2"));

        // Ports 80 and 9000, and workloads.
        assertThat(refusals(waypoint)).isEqualTo(3);
        assertThat(ExtensionFindings.of(waypoint.model()).getFirst().message())
                .contains("envoy.extensions.filters.http.oauth2.v3.OAuth2");
    }

    @Test
    void patch_ofOtherKind_hasNoEffect() throws IOException {
        var waypoint = TestWaypoint.of(directory, "", PATCH.formatted("lua.v3.Lua"));

        assertThat(refusals(waypoint)).isZero();
        assertThat(ExtensionFindings.of(waypoint.model()))
                .extracting(Finding::code)
                .containsExactly("extension-not-run");
    }

    @Test
    void extension_bySelector_neverMeansAWaypoint() throws IOException {
        var waypoint =
                TestWaypoint.of(
                        directory,
                        "",
                        """
                        apiVersion: extensions.istio.io/v1alpha1
                        kind: TrafficExtension
                        metadata: {name: x, namespace: shop}
                        spec:
                          selector: {matchLabels: {app: web}}
                          phase: AUTHZ
                          lua: {inlineCode: "function envoy_on_request(h) end"}
                        """);

        assertThat(refusals(waypoint)).isZero();
        assertThat(ExtensionFindings.of(waypoint.model()))
                .extracting(Finding::code)
                .containsExactly("extension-without-target");
    }
}
