package dev.ambit.e2e.scenario;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.token.Account;
import dev.ambit.control.token.TokenIssuer;
import dev.ambit.e2e.mesh.Curl;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.PodWaypoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// Client pod, ztunnel, waypoint, ztunnel, server pod: what the waypoint does with requests, as
/// both ends, its metrics and its access log see it.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class L7Scenario {
    private static final String RPC_VIP = "10.96.9.2";

    /// A waypoint for services and workloads, one of another namespace, and an application that
    /// speaks gRPC and takes upgrades.
    private static final String MORE =
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: wp, namespace: shop, labels: {istio.io/waypoint-for: all}}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: gate}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: cross, namespace: gate}
            spec:
              gatewayClassName: ambit-waypoint
              listeners:
                - name: mesh
                  port: 15008
                  protocol: HBONE
                  allowedRoutes: {namespaces: {from: All}}
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: abroad
              namespace: shop
              labels: {istio.io/use-waypoint: cross, istio.io/use-waypoint-namespace: gate}
            spec:
              selector: {app: api}
              ports: [{name: http, port: 80, targetPort: 8080}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: rpc, namespace: shop, labels: {istio.io/use-waypoint: wp}}
            spec:
              clusterIP: 10.96.9.2
              selector: {app: rpc}
              ports: [{name: grpc, port: 9090}, {name: http, port: 80, targetPort: 8090}]
            """
                    + L7Mesh.pod("rpc", 2, "app: rpc, istio.io/use-waypoint: wp", "");

    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private L7Mesh l7;
    private MeshLab mesh;

    @BeforeParameterizedClassInvocation
    void up() throws Exception {
        l7 = L7Mesh.start(directory.resolve(pair.toString()), pair::in, MORE);
        mesh = l7.mesh();
        AppServer.startIn(mesh, mesh.pod("shop/rpc"));
        l7.await("a first answer", () -> l7.call(L7Mesh.API + "/").ok());
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (l7 != null) {
            l7.close();
        }
    }

    private PodWaypoint waypoint() {
        return mesh.waypoint("shop/wp-0");
    }

    private void rules(String yaml) {
        l7.rules(yaml);
    }

    // ---- the path, and what is told of it

    @Test
    void request_goesThroughTheWaypoint_asMetricsLogAndApplicationSee() {
        var labels =
                List.of(
                        "reporter=\"waypoint\"",
                        "source_workload=\"web\"",
                        "source_principal=\"spiffe://cluster.local/ns/shop/sa/web\"",
                        "destination_principal=\"spiffe://cluster.local/ns/shop/sa/api\"",
                        "destination_service=\"api.shop.svc.cluster.local\"",
                        "destination_service_name=\"api\"",
                        "destination_service_namespace=\"shop\"",
                        "request_protocol=\"http\"",
                        "response_code=\"200\"",
                        "connection_security_policy=\"mutual_tls\"");
        int before = waypoint().lines().size();
        long counted = L7Mesh.count(waypoint(), "istio_requests_total", labels);

        var answer = l7.call("--data-binary", "twelve bytes", L7Mesh.API + "/path");

        assertThat(answer.body())
                .startsWith("served-by=shop/api-v")
                .contains("remote=" + waypoint().pod().address())
                .contains("method=POST path=/path host=api.shop body=12");
        assertThat(l7.line(waypoint(), before, l -> l.contains("POST /path")))
                .contains("\"POST /path HTTP/1.1\" 200 - via_upstream - \"-\" 12 ")
                .contains("\"api.shop\"")
                .contains("\"envoy://connect_originate/10.42.")
                .contains(" inbound-vip|80|http")
                .contains(L7Mesh.API_VIP + ":80 " + l7.web().address() + ":");
        l7.await(
                "the request in the metrics",
                () -> L7Mesh.count(waypoint(), "istio_requests_total", labels) == counted + 1);
    }

    @Test
    void largeBodies_bothWays_comeWhole() {
        var down = l7.call("-o", "/dev/null", "-w", "%{size_download} #", bytes(20_000_000));
        assertThat(down.body()).startsWith("20000000 #");

        Path file = directory.resolve("large");
        write(file, new byte[20_000_000]);
        var up = l7.call("-T", file.toString(), L7Mesh.API + "/count");
        assertThat(up.body().strip()).isEqualTo("20000000");
    }

    private static String bytes(int count) {
        return L7Mesh.API + "/bytes/" + count;
    }

    private static void write(Path file, byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void http2_priorKnowledge_toAnHttp1Application() {
        var answer = l7.call("--http2-prior-knowledge", "-D", "-", L7Mesh.API + "/");

        assertThat(answer.body()).startsWith("HTTP/2 200").contains("served-by=shop/api-v");
    }

    @Test
    void grpc_messageAndTrailers_andItsStatusIsCounted() {
        Path message = directory.resolve("message");
        write(message, new byte[] {0, 0, 0, 0, 3, 'a', 'b', 'c'});
        var labels =
                List.of(
                        "reporter=\"waypoint\"",
                        "request_protocol=\"grpc\"",
                        "destination_service=\"rpc.shop.svc.cluster.local\"");

        assertThat(grpc(message, "Say").body())
                .contains("HTTP/2 200", "\0\0\0\0\u0003abc", "grpc-status: 0");
        assertThat(grpc(message, "Refuse").body())
                .contains("HTTP/2 200", "grpc-status: 9", "grpc-message: not today");
        l7.await(
                "both in the metrics",
                () ->
                        counted(labels, "grpc_response_status=\"0\"") == 1
                                && counted(labels, "grpc_response_status=\"9\"") == 1);
    }

    private long counted(List<String> labels, String more) {
        var all = new ArrayList<>(labels);
        all.add(more);
        return L7Mesh.count(waypoint(), "istio_requests_total", all);
    }

    private Curl grpc(Path message, String method) {
        return l7.call(
                "--http2-prior-knowledge",
                "-D",
                "-",
                "-H",
                "content-type: application/grpc",
                "-H",
                "te: trailers",
                "--data-binary",
                "@" + message,
                "http://rpc.shop:9090/lab.Echo/" + method);
    }

    @Test
    void webSocket_bytesBothWaysAfterTheUpgrade() throws IOException {
        try (var socket = connect(RPC_VIP, 80)) {
            socket.getOutputStream()
                    .write(
                            """
                            GET /socket HTTP/1.1\r
                            Host: rpc.shop\r
                            Connection: Upgrade\r
                            Upgrade: websocket\r
                            Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
                            Sec-WebSocket-Version: 13\r
                            \r
                            """
                                    .getBytes(US_ASCII));
            var in = socket.getInputStream();
            assertThat(AppServer.head(in)).startsWith("HTTP/1.1 101 Switching Protocols\r\n");
            for (var word : List.of("one", "and another")) {
                socket.getOutputStream().write(word.getBytes(US_ASCII));
                assertThat(new String(in.readNBytes(word.length()), US_ASCII)).isEqualTo(word);
            }
            socket.shutdownOutput();
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    private Socket connect(String address, int port) throws IOException {
        return mesh.sockets()
                .connect(l7.web().place().netns(), InetAddress.ofLiteral(address), port);
    }

    @Test
    void tcpPort_goesThroughTheWaypointToo() throws IOException {
        var labels =
                List.of(
                        "reporter=\"waypoint\"",
                        "source_workload=\"web\"",
                        "destination_service=\"api.shop.svc.cluster.local\"",
                        "request_protocol=\"tcp\"");
        int before = waypoint().lines().size();

        Meshes.echoOnce(mesh, l7.web(), L7Mesh.API_VIP, 9001);

        assertThat(l7.line(waypoint(), before, l -> l.contains("inbound-vip|9001|")))
                .contains(Meshes.HELLO.length() + " " + Meshes.HELLO.length() + " ");
        l7.await(
                "the connection in the metrics",
                () -> L7Mesh.count(waypoint(), "istio_tcp_connections_closed_total", labels) == 1);
    }

    @Test
    void workloadAddress_ofAPodWithAWaypoint_goesThroughIt() {
        int before = waypoint().lines().size();
        var url = "http://" + mesh.pod("shop/rpc").address() + ":8090/direct";

        assertThat(l7.call(url).body()).isEqualTo("plain\n");

        assertThat(l7.line(waypoint(), before, l -> l.contains("GET /direct")))
                .contains(" 200 - via_upstream ")
                .contains(" encap ");
    }

    @Test
    void waypointOfAnotherNamespace_takesTheServicesThatNameIt() {
        var cross = mesh.waypoint("gate/cross-0");
        int before = cross.lines().size();

        var answer = l7.call("http://abroad.shop/there");

        assertThat(answer.body()).contains("remote=" + cross.pod().address());
        assertThat(l7.line(cross, before, l -> l.contains("GET /there"))).contains(" 200 ");
    }

    // ---- who may

    @Test
    void onlyTheWaypointIsAdmitted_aroundItIsRefused() {
        var around = "http://" + mesh.pod("shop/api-v1").address() + ":8080/";
        assertThat(l7.call(around).ok()).isTrue();
        rules(
                """
                apiVersion: security.istio.io/v1
                kind: AuthorizationPolicy
                metadata: {name: only-wp, namespace: shop}
                spec:
                  selector: {matchLabels: {app: api}}
                  action: ALLOW
                  rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/wp]}}]}]
                """);

        l7.await("the way around is refused", () -> l7.call(around).exit() != 0);
        assertThat(l7.call(L7Mesh.API + "/").ok()).isTrue();
        // Not this one's either.
        assertThat(l7.call("http://abroad.shop/").status()).isEqualTo(503);
        rules("");
        l7.await("it is open again", () -> l7.call(around).ok());
    }

    @Test
    void policy_byCallerMethodAndPath_withItsNameInTheLog() {
        rules(
                """
                apiVersion: security.istio.io/v1
                kind: AuthorizationPolicy
                metadata: {name: readers, namespace: shop}
                spec:
                  targetRefs: [{group: "", kind: Service, name: api}]
                  action: DENY
                  rules:
                    - from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]
                      to: [{operation: {methods: [DELETE], paths: ["/things/*"]}}]
                """);
        var things = L7Mesh.API + "/things/1";
        l7.await("the policy", () -> l7.call("-X", "DELETE", things).status() == 403);
        int before = waypoint().lines().size();

        var denied = l7.call("-X", "DELETE", things);

        assertThat(denied.body()).isEqualTo("RBAC: access denied");
        assertThat(l7.line(waypoint(), before, l -> l.contains("DELETE /things/1")))
                .contains(" 403 - rbac_access_denied_matched_policy[ns[shop]-policy[readers]");
        assertThat(l7.call("-X", "DELETE", L7Mesh.API + "/others").ok()).isTrue();
        assertThat(l7.call(things).ok()).isTrue();
        assertThat(mesh.curl(mesh.pod("shop/other"), "-X", "DELETE", things).ok()).isTrue();
        rules("");
        l7.await("it is gone", () -> l7.call("-X", "DELETE", things).ok());
    }

    @Test
    void token_isRequired_ofTheIssuerAndForTheAudience() throws IOException {
        var issuer = TokenIssuer.create("https://accounts.example", Clock.systemUTC());
        Path jwks = directory.resolve(pair + ".jwks");
        issuer.saveJwks(jwks);
        rules(JWT.formatted(Files.readString(jwks).strip()));
        l7.await("the policy", () -> l7.call(L7Mesh.API + "/").status() == 403);

        var bad = l7.call("-D", "-", "-H", "authorization: Bearer a.b.c", L7Mesh.API + "/");
        assertThat(bad.status()).isEqualTo(401);
        assertThat(bad.body()).contains("www-authenticate: Bearer realm=");
        assertThat(withToken(issuer, "shop").body()).contains("served-by=shop/api-v");
        assertThat(withToken(issuer, "elsewhere").status()).isEqualTo(403);

        rules("");
        l7.await("it is gone", () -> l7.call(L7Mesh.API + "/").ok());
    }

    private Curl withToken(TokenIssuer issuer, String audience) {
        var ann = new Account("customers", "ann");
        var subject = new TokenIssuer.Subject(ann, Optional.empty(), Optional.empty());
        var token = issuer.issue(subject, audience, Duration.ofMinutes(5));
        return l7.call("-H", "authorization: Bearer " + token, L7Mesh.API + "/");
    }

    private static final String JWT =
            """
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: {name: api, namespace: shop}
            spec:
              targetRefs: [{group: "", kind: Service, name: api}]
              jwtRules: [{issuer: "https://accounts.example", jwks: '%s'}]
            ---
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: api, namespace: shop}
            spec:
              targetRefs: [{group: "", kind: Service, name: api}]
              action: ALLOW
              rules:
                - from: [{source: {requestPrincipals: ["https://accounts.example/*"]}}]
                  when: [{key: "request.auth.audiences", values: [shop]}]
            """;

    // ---- where to

    @Test
    void route_byHeader_rewritten_withAHeaderForTheAnswer() {
        rules(
                route(
                        """
                        - name: second
                          match: [{headers: {x-version: {exact: two}}, uri: {prefix: /old/}}]
                          rewrite: {uri: /new/}
                          headers: {response: {set: {x-route: "second"}}}
                          route: [{destination: {host: api, subset: v2}}]
                        - route: [{destination: {host: api, subset: v1}}]
                        """));
        l7.await("the routes", () -> ten("served-by=shop/api-v1", L7Mesh.API + "/"));

        var answer = l7.call("-D", "-", "-H", "x-version: two", L7Mesh.API + "/old/x?q=1");

        assertThat(answer.body())
                .contains("x-route: second")
                .contains("served-by=shop/api-v2")
                .contains("path=/new/x?q=1");
        rules("");
    }

    private boolean ten(String wanted, String url) {
        for (int i = 0; i < 10; i++) {
            if (!l7.call(url).body().contains(wanted)) {
                return false;
            }
        }
        return true;
    }

    @Test
    void retry_savesARequest_andEachAttemptIsSeen() {
        rules(
                route(
                        """
                        - retries: {attempts: 2, retryOn: 5xx}
                          route: [{destination: {host: api, subset: v1}}]
                        """));
        l7.await("the routes", () -> ten("served-by=shop/api-v1", L7Mesh.API + "/"));
        int before = waypoint().lines().size();

        var saved = l7.call(L7Mesh.API + "/saved?id=saved&fail=2");
        var lost = l7.call(L7Mesh.API + "/lost?id=lost&fail=9");

        assertThat(saved.status()).isEqualTo(200);
        assertThat(seen("api-v1", "saved")).isEqualTo(3);
        assertThat(lost.status()).isEqualTo(503);
        assertThat(seen("api-v1", "lost")).isEqualTo(3);
        assertThat(l7.line(waypoint(), before, l -> l.contains("GET /saved")))
                .contains(" 200 - via_upstream ");
        assertThat(l7.line(waypoint(), before, l -> l.contains("GET /lost")))
                .contains(" 503 URX via_upstream ");
        rules("");
    }

    /// Asked inside the pod, where no mesh is between.
    private int seen(String pod, String id) {
        var answer = mesh.curl(mesh.pod("shop/" + pod), "http://127.0.0.1:8080/seen/" + id);
        return Integer.parseInt(answer.body().strip());
    }

    @Test
    void mirror_goesToTheOtherVersionOnceARequest() {
        rules(
                route(
                        """
                        - mirrors: [{destination: {host: api, subset: v2}}]
                          route: [{destination: {host: api, subset: v1}}]
                        """));
        l7.await(
                "the routes",
                () -> {
                    l7.call(L7Mesh.API + "/?id=warm");
                    return seen("api-v2", "warm") > 0
                            && ten("served-by=shop/api-v1", L7Mesh.API + "/");
                });

        for (int i = 0; i < 5; i++) {
            assertThat(l7.call(L7Mesh.API + "/?id=mirrored").ok()).isTrue();
        }

        assertThat(seen("api-v1", "mirrored")).isEqualTo(5);
        l7.await("five mirrored ones", () -> seen("api-v2", "mirrored") == 5);
        rules("");
    }

    private static String route(String http) {
        return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: api, namespace: shop}
        spec:
          hosts: [api]
          http:
        %s
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: api, namespace: shop}
        spec:
          host: api
          subsets:
            - {name: v1, labels: {version: v1}}
            - {name: v2, labels: {version: v2}}
        """
                .formatted(http.indent(4).stripTrailing());
    }
}
