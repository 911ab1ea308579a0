package dev.ambit.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.l7.jwt.JwksLimits;
import dev.ambit.control.token.Account;
import dev.ambit.control.xds.Snapshot;
import dev.ambit.control.xds.XdsClient;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.discovery.Node;
import dev.ambit.mesh.proto.security.Action;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.security.Group;
import dev.ambit.mesh.proto.security.Scope;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The whole control plane over real sockets.
class ControlTest {
    private static final char[] PASSWORD = "password".toCharArray();
    private static final String POD = "Kubernetes//Pod/shop/web-1";

    private static final String WEB = "inbound-vip|80|http|web.shop.svc.cluster.local";
    private static final String WAYPOINT =
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: wp, namespace: shop}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status: {addresses: [{value: 10.1.9.9}]}
            """;
    private static final String ROUTE =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: web, namespace: shop}
            spec:
              hosts: [web]
              http:
                - match: [{uri: {prefix: /old}}]
                  redirect: {uri: /new}
                - route: [{destination: {host: web}}]
            """;

    @TempDir private Path directory = Path.of(".");

    @Test
    void defaults_limits_pinned() {
        assertThat(ControlLimits.defaults())
                .isEqualTo(
                        new ControlLimits(
                                10_000,
                                16 << 20,
                                100_000,
                                50,
                                64,
                                100_000,
                                Duration.ofMillis(80),
                                Duration.ofMillis(400),
                                Duration.ofSeconds(1),
                                10_000,
                                64 << 20,
                                64 << 10,
                                Duration.ofHours(24),
                                new JwksLimits(
                                        1 << 20,
                                        1_000,
                                        16,
                                        3,
                                        Duration.ofSeconds(5),
                                        Duration.ofMinutes(1),
                                        Duration.ofMinutes(20),
                                        Duration.ofSeconds(1),
                                        Duration.ofMinutes(20),
                                        Duration.ofDays(7),
                                        Duration.ofDays(7)),
                                Duration.ofSeconds(2)));
    }

    @Test
    void start_clientsAndChanges_served() throws Exception {
        var mesh = new TestMesh(directory);
        var input = Files.createDirectories(directory.resolve("mesh"));
        Files.writeString(
                input.resolve("a.yaml"),
                Yaml.documents(Yaml.NAMESPACE, Yaml.pod("web-1", "web", "node-1", "10.1.1.1")));
        var tls = serverTls();
        try (var control =
                new Control(
                        settings(input, mesh.jwks()),
                        ControlLimits.defaults(),
                        (csr, id, ttl) -> List.of(id.uri()),
                        tls,
                        Clock.systemUTC())) {
            control.start();
            assertThat(get(control, "/ready")).isEqualTo("ready\n");
            var channel = channel(control, tls);
            try {
                var client = XdsClient.connect(channel, mesh.ztunnel("node-1"), false);
                client.subscribe(Snapshot.ADDRESS);
                client.acknowledge(client.next(), "");

                replace(input.resolve("b.yaml"), Yaml.deny("deny", "web"));
                assertThat(XdsClient.names(client.next())).containsExactly(POD);

                replace(input.resolve("b.yaml"), "kind: [");
                // Read after the broken file, so its effect shows that both were read.
                replace(input.resolve("c.yaml"), Yaml.pod("web-2", "cart", "node-2", "10.1.2.2"));
                assertThat(XdsClient.names(client.next()))
                        .containsExactly("Kubernetes//Pod/shop/web-2");
                assertThat(get(control, "/debug/problems"))
                        .contains("\"file\":\"b.yaml\"", "\"line\":1", "last good state");
                assertThat(get(control, "/metrics"))
                        .contains("ambit_control_input_problems 1", "ambit_control_policies 1");
                client.hangUp();
            } finally {
                channel.shutdownNow();
                channel.awaitTermination(5, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void start_badPolicyAndAnotherCluster_refusedAndServed() throws Exception {
        var mesh = new TestMesh(directory);
        var input = Files.createDirectories(directory.resolve("mesh"));
        Files.writeString(
                input.resolve("a.yaml"),
                Yaml.documents(
                        Yaml.NAMESPACE,
                        Yaml.pod("web-1", "web", "node-1", "10.1.1.1"),
                        Yaml.deny("new", "web").replace("namespaces", "namespace")));
        var tls = serverTls();
        try (var control =
                new Control(
                        settings(input, mesh.jwks()),
                        ControlLimits.defaults(),
                        (csr, id, ttl) -> List.of(id.uri()),
                        tls,
                        Clock.systemUTC())) {
            control.start();
            assertThat(get(control, "/debug/problems"))
                    .contains("rules[0].from[0].source.namespace", "everything is refused");
            var channel = channel(control, tls);
            try {
                var client = XdsClient.connect(channel, mesh.ztunnel("node-1"), false);
                client.subscribe(Snapshot.AUTHORIZATION);
                var standIn = client.next().getResources(0).getResource();
                assertThat(standIn.unpack(Authorization.class))
                        .isEqualTo(
                                Authorization.newBuilder()
                                        .setName("new")
                                        .setNamespace("shop")
                                        .setScope(Scope.WORKLOAD_SELECTOR)
                                        .setAction(Action.DENY)
                                        .addGroups(Group.getDefaultInstance())
                                        .build());
                client.subscribe(Snapshot.ADDRESS);
                assertThat(XdsClient.names(client.next())).containsExactly(POD);

                var other = Files.createDirectories(input.resolve("remote-two"));
                replace(other.resolve("a.yaml"), Yaml.pod("web-9", "web", "node-1", "10.2.1.1"));
                assertThat(XdsClient.names(client.next())).containsExactly("two//Pod/shop/web-9");
                Files.delete(other.resolve("a.yaml"));
                assertThat(client.next().getRemovedResourcesList())
                        .containsExactly("two//Pod/shop/web-9");
                client.hangUp();
            } finally {
                channel.shutdownNow();
                channel.awaitTermination(5, TimeUnit.SECONDS);
            }
        }
    }

    /// What a waypoint sees of a mesh that changes: only what it is concerned by, in few messages.
    @Test
    void start_waypointAndChanges_onlyWhatChanged() throws Exception {
        var mesh = new TestMesh(directory);
        var input = Files.createDirectories(directory.resolve("mesh"));
        Files.writeString(
                input.resolve("a.yaml"),
                Yaml.documents(
                        Yaml.NAMESPACE.replace("ambient", "ambient, istio.io/use-waypoint: wp"),
                        WAYPOINT,
                        Yaml.service("web", "10.100.0.1"),
                        Yaml.pod("web-1", "web", "node-1", "10.1.1.1")));
        var tls = serverTls();
        try (var control =
                new Control(
                        settings(input, mesh.jwks()),
                        ControlLimits.defaults(),
                        (csr, id, ttl) -> List.of(id.uri()),
                        tls,
                        Clock.systemUTC())) {
            control.start();
            var channel = channel(control, tls);
            try {
                var token = mesh.token(new Account("shop", "wp"), "wp-1", "node-1");
                var client = XdsClient.connect(channel, token, false);
                client.ask(waypoint(), Snapshot.CLUSTER);
                assertThat(XdsClient.names(client.next())).contains(WEB, "main_internal");
                client.ask(Node.getDefaultInstance(), Snapshot.ENDPOINT, WEB);
                assertThat(addresses(client.next())).containsExactly("10.1.1.1:8080");
                client.ask(Node.getDefaultInstance(), Snapshot.LISTENER);
                assertThat(XdsClient.names(client.next()))
                        .startsWith("connect_terminate", "main_internal");

                replace(input.resolve("b.yaml"), Yaml.pod("web-2", "web", "node-2", "10.1.2.2"));
                assertThat(addresses(client.next()))
                        .containsExactlyInAnyOrder("10.1.1.1:8080", "10.1.2.2:8080");

                replace(input.resolve("c.yaml"), ROUTE);
                assertThat(XdsClient.names(client.next())).containsExactly("main_internal");

                replace(input.resolve("c.yaml"), ROUTE.replace("prefix", "prefixx"));
                // Refused, so what was accepted stays; read before the next change.
                replace(input.resolve("d.yaml"), Yaml.service("cart", "10.100.0.2"));
                assertThat(XdsClient.names(client.next()))
                        .containsExactly(WEB.replace("web", "cart"));
                assertThat(XdsClient.names(client.next())).containsExactly("main_internal");
                assertThat(get(control, "/debug/findings")).contains("not-accepted", "prefixx");
                assertThat(get(control, "/debug/status")).contains("istio.io/WaypointBound");
                client.hangUp();
            } finally {
                channel.shutdownNow();
                channel.awaitTermination(5, TimeUnit.SECONDS);
            }
        }
    }

    private static Node waypoint() {
        var labels =
                Struct.newBuilder().putFields("gateway.networking.k8s.io/gateway-name", text("wp"));
        return Node.newBuilder()
                .setId("waypoint~10.1.9.9~wp-1.shop~shop.svc.cluster.local")
                .setMetadata(
                        Struct.newBuilder()
                                .putFields("NAMESPACE", text("shop"))
                                .putFields("SERVICE_ACCOUNT", text("wp"))
                                .putFields(
                                        "LABELS",
                                        Value.newBuilder().setStructValue(labels).build()))
                .build();
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    private static List<String> addresses(DeltaDiscoveryResponse response) throws IOException {
        assertThat(XdsClient.names(response)).containsExactly(WEB);
        return response
                .getResources(0)
                .getResource()
                .unpack(ClusterLoadAssignment.class)
                .getEndpointsList()
                .stream()
                .flatMap(l -> l.getLbEndpointsList().stream())
                .map(e -> e.getEndpoint().getAddress())
                .map(a ->
                        a.hasEnvoyInternalAddress()
                                ? a.getEnvoyInternalAddress().getEndpointId()
                                : a.getSocketAddress().getAddress()
                                        + ":"
                                        + a.getSocketAddress().getPortValue())
                .toList();
    }

    @Test
    void start_noDirectory_saysWhich() throws Exception {
        var mesh = new TestMesh(directory);
        var missing = directory.resolve("missing");
        try (var control =
                new Control(
                        settings(missing, mesh.jwks()),
                        ControlLimits.defaults(),
                        (csr, id, ttl) -> List.of(),
                        serverTls(),
                        Clock.systemUTC())) {
            assertThatThrownBy(control::start)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(missing.toString());
            control.awaitTermination();
        }
    }

    private static ControlSettings settings(Path input, Path jwks) {
        var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return ControlSettings.defaults(input, jwks, TestMesh.ISSUER).listening(any, any);
    }

    private static ManagedChannel channel(Control control, ServerTls tls) throws IOException {
        var trust =
                TlsChannelCredentials.newBuilder()
                        .trustManager(
                                new ByteArrayInputStream(
                                        tls.chainPem().getBytes(StandardCharsets.US_ASCII)))
                        .build();
        return Grpc.newChannelBuilder("localhost:" + control.port(), trust).build();
    }

    private static String get(Control control, String page) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    "http://localhost:"
                                                            + control.adminPort()
                                                            + page))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static void replace(Path file, String text) throws IOException {
        var next = file.resolveSibling("next");
        Files.writeString(next, text);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /// A self-signed certificate for localhost, made by the JDK's own tool.
    private ServerTls serverTls() throws Exception {
        var store = directory.resolve("server.p12");
        var keytool = Path.of(System.getProperty("java.home", ""), "bin", "keytool").toString();
        var process =
                new ProcessBuilder(
                                keytool,
                                "-genkeypair",
                                "-alias",
                                "a",
                                "-keyalg",
                                "EC",
                                "-groupname",
                                "secp256r1",
                                "-dname",
                                "CN=localhost",
                                "-ext",
                                "san=dns:localhost",
                                "-keystore",
                                store.toString(),
                                "-storepass",
                                new String(PASSWORD))
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("keytool.log").toFile())
                        .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        var keys = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        return new ServerTls(
                pem("CERTIFICATE", keys.getCertificate("a").getEncoded()),
                pem("PRIVATE KEY", keys.getKey("a", PASSWORD).getEncoded()));
    }

    private static String pem(String type, byte[] der) {
        return "-----BEGIN "
                + type
                + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END "
                + type
                + "-----\n";
    }
}
