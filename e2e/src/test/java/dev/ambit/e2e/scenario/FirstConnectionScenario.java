package dev.ambit.e2e.scenario;

import static dev.ambit.e2e.scenario.Meshes.line;
import static dev.ambit.e2e.scenario.Meshes.url;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.AccessLine;
import dev.ambit.e2e.mesh.Curl;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.e2e.mesh.NodeZtunnel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
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

/// What happens to connections of captured pods, with every process real.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class FirstConnectionScenario {

    private static final String MARKER = "Steinkauz-0815-must-not-be-seen";
    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;

    @BeforeParameterizedClassInvocation
    void up() throws IOException {
        mesh = Meshes.start(directory.resolve(pair.toString()), pair::in);
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (mesh != null) {
            mesh.close();
        }
    }

    private MeshPod pod(String name) {
        return mesh.pod(name);
    }

    private NodeZtunnel at(MeshPod pod) {
        return mesh.ztunnelOf(pod);
    }

    private Socket dial(MeshPod from, MeshPod to, int port) throws IOException {
        return mesh.sockets()
                .connect(from.place().netns(), InetAddress.ofLiteral(to.address()), port);
    }

    @Test
    void podToService_onOtherNode_crossesEncryptedAndIsReportedAtBothEnds() {
        var web = pod("shop/web");
        var cart = pod("shop/cart");
        int sent = at(web).logPosition();
        int received = at(cart).logPosition();
        Curl answer;
        try (var detector = Meshes.watch(mesh)) {
            answer = mesh.curl(web, "http://cart.shop/" + MARKER);

            assertThat(detector.stopAndLookFor(MARKER).markerInClear()).isFalse();
        }
        assertThat(answer.ok()).as("%s", answer).isTrue();
        assertThat(answer.body())
                .contains("served-by=shop/cart")
                .contains("remote=" + web.address())
                .contains("path=/" + MARKER);
        var out = line(at(web), sent, l -> l.is("direction", "outbound"));
        var in = line(at(cart), received, l -> l.is("direction", "inbound"));
        for (AccessLine line : new AccessLine[] {out, in}) {
            assertThat(line.level()).isEqualTo("info");
            assertThat(line.message()).isEqualTo("connection complete");
            assertThat(line.fields())
                    .containsEntry("src.identity", web.identity())
                    .containsEntry("src.workload", "web")
                    .containsEntry("src.namespace", "shop")
                    .containsEntry("dst.identity", cart.identity())
                    .containsEntry("dst.service", "cart.shop.svc.cluster.local")
                    .containsEntry("dst.workload", "cart")
                    .containsEntry("dst.hbone_addr", cart.address() + ":8080")
                    .doesNotContainKey("error");
        }
        if (mesh.ambitServes(web) && mesh.ambitServes(cart)) {
            assertThat(out.fields()).containsEntry("tls.group", "X25519MLKEM768");
            assertThat(in.fields()).containsEntry("tls.group", "X25519MLKEM768");
        }
        // What one end sent, the other one received.
        assertThat(out.number("bytes_sent")).isEqualTo(in.number("bytes_recv")).isPositive();
        assertThat(out.number("bytes_recv")).isEqualTo(in.number("bytes_sent")).isPositive();
    }

    @Test
    void manyBytes_bothWays_arriveAndAreCounted() throws IOException {
        var web = pod("shop/web");
        var raw = pod("shop/raw");
        int before = at(raw).logPosition();
        var block = new byte[1 << 20];
        new java.util.SplittableRandom(1).nextBytes(block);
        byte[] back;
        try (var socket = dial(web, raw, 9001)) {
            var writing =
                    CompletableFuture.runAsync(
                            () -> {
                                try {
                                    socket.getOutputStream().write(block);
                                    socket.shutdownOutput();
                                } catch (IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            },
                            task -> Thread.ofVirtual().start(task));
            back = socket.getInputStream().readAllBytes();
            writing.join();
        }
        assertThat(back).hasSize(block.length).isEqualTo(block);
        var line = line(at(raw), before, l -> l.is("dst.workload", "raw"));
        assertThat(line.number("bytes_sent")).isEqualTo(block.length);
        assertThat(line.number("bytes_recv")).isEqualTo(block.length);
    }

    @Test
    void halfClose_byServer_leavesTheOtherWayOpen() throws IOException {
        try (var socket = dial(pod("shop/web"), pod("shop/raw"), 9003)) {
            byte[] greeting = socket.getInputStream().readAllBytes();
            socket.getOutputStream().write("still heard".getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();

            assertThat(greeting).isNotEmpty();
        }
        var line = line(at(pod("shop/raw")), 0, l -> l.number("bytes_recv") == 11);
        assertThat(line.fields()).doesNotContainKey("error");
    }

    @Test
    void reset_byServer_reachesTheClientAsReset() throws IOException {
        Pair.onlyAmbit(mesh, "it turns a reset into an end", pod("shop/web"), pod("shop/raw"));
        try (var socket = dial(pod("shop/web"), pod("shop/raw"), 9004)) {
            socket.getOutputStream().write(1);

            assertThat(readFails(socket)).isTrue();
        }
    }

    private static boolean readFails(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() > Byte.MAX_VALUE;
        } catch (SocketException reset) {
            return String.valueOf(reset.getMessage()).contains("reset");
        }
    }

    @Test
    void sameNode_goesOverHboneToo() {
        var cart = pod("shop/cart");
        int before = at(cart).logPosition();

        assertThat(mesh.curl(cart, "http://pay.shop/").ok()).isTrue();

        var in =
                line(
                        at(cart),
                        before,
                        l -> l.is("direction", "inbound") && l.is("dst.workload", "pay"));
        assertThat(in.fields()).containsEntry("src.identity", cart.identity());
    }

    @Test
    void podToStranger_passesThroughInClear() {
        var web = pod("shop/web");
        var batch = pod("legacy/batch");
        int before = at(web).logPosition();

        var answer = mesh.curl(web, url(batch, 8080, "/"));

        assertThat(answer.body()).contains("remote=" + web.address());
        var line = line(at(web), before, l -> l.is("dst.addr", batch.address() + ":8080"));
        assertThat(line.fields())
                .containsEntry("direction", "outbound")
                .containsEntry("dst.workload", "batch")
                .doesNotContainKeys("src.identity", "dst.identity", "tls.cipher");
    }

    @Test
    void strangerToPod_permissive_isServedAndItsAddressKept() {
        var batch = pod("legacy/batch");
        var cart = pod("shop/cart");
        int before = at(cart).logPosition();

        var answer = mesh.curl(batch, url(cart, 8080, "/"));

        assertThat(answer.body()).contains("remote=" + batch.address());
        var line = line(at(cart), before, l -> l.is("direction", "inbound"));
        assertThat(line.fields()).doesNotContainKey("src.identity");
    }

    @Test
    void nobodyListens_isAFaultWithItsCause() {
        var web = pod("shop/web");
        var cart = pod("shop/cart");
        int before = at(cart).logPosition();

        var answer = mesh.curl(web, url(cart, 4711, "/"));

        assertThat(answer.ok()).isFalse();
        var line = line(at(cart), before, l -> l.is("dst.addr", cart.address() + ":15008"));
        assertThat(line.level()).isEqualTo("error");
        assertThat(line.field("error").orElse("")).containsIgnoringCase("refused");
    }

    @Test
    void metrics_afterOneConnection_countItAtBothEnds() {
        var web = pod("shop/web");
        var cart = pod("shop/cart");
        String opened = "reporter=\"%s\"";
        long before = count(at(cart), opened.formatted("destination"), "shop", "web", "cart");
        long sent = count(at(web), opened.formatted("source"), "shop", "web", "cart");

        assertThat(mesh.curl(web, "http://cart.shop/").ok()).isTrue();

        Meshes.await(
                mesh,
                "one more at the destination",
                () ->
                        count(at(cart), opened.formatted("destination"), "shop", "web", "cart")
                                == before + 1);
        Meshes.await(
                mesh,
                "one more at the source",
                () ->
                        count(at(web), opened.formatted("source"), "shop", "web", "cart")
                                == sent + 1);
    }

    private static long count(NodeZtunnel at, String start, String ns, String from, String to) {
        return at.metrics()
                .lines()
                .filter(line -> line.startsWith("istio_tcp_connections_opened_total{"))
                .filter(line -> line.contains(start))
                .filter(line -> line.contains("source_workload=\"" + from + "\""))
                .filter(line -> line.contains("source_workload_namespace=\"" + ns + "\""))
                .filter(line -> line.contains("destination_workload=\"" + to + "\""))
                .filter(line -> line.contains("connection_security_policy=\"mutual_tls\""))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    @Test
    void metrics_packed_areTheSame() {
        var node = at(pod("shop/web")).node();
        var packed =
                mesh.lab()
                        .run(
                                node.netns(),
                                "curl",
                                "-sS",
                                "--compressed",
                                "-H",
                                "Accept-Encoding: gzip",
                                "-w",
                                "#%header{content-encoding}",
                                "http://127.0.0.1:15020/metrics");

        assertThat(packed).contains("istio_build{").endsWith("# EOF\n#gzip");
    }

    private static final String MIXED =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: mixed, namespace: shop}
            spec:
              clusterIP: 10.96.9.1
              selector: {app: mixed}
              ports: [{name: echo, port: 80, targetPort: 9001}]
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: mixed-plain
              namespace: shop
              labels: {app: mixed, istio.io/dataplane-mode: none}
            spec:
              nodeName: node-1
              serviceAccountName: plain
              containers: [{name: app, ports: [{name: echo, containerPort: 9001}]}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: mixed-mesh, namespace: shop, labels: {app: mixed}}
            spec:
              nodeName: node-2
              serviceAccountName: meshed
              containers: [{name: app, ports: [{name: echo, containerPort: 9001}]}]
            """;

    /// One endpoint takes plain TCP only, the other one HBONE.
    @Test
    void serviceLoadBalancing_overPlainAndHboneEndpoints_reachesEach() throws IOException {
        mesh.apply("mixed.yaml", MIXED);
        mesh.sync();
        var web = pod("shop/web");
        var meshed = pod("shop/mixed-mesh");
        Meshes.await(
                mesh,
                "both endpoints",
                () ->
                        at(web).configDump().contains("mixed-plain")
                                && at(web).configDump().contains("mixed-mesh")
                                && at(meshed).configDump().contains("mixed-mesh"));
        var service = "destination_service=\"mixed.shop.svc.cluster.local\"";
        var all =
                Counted.from(
                        mesh,
                        at(web),
                        "reporter=\"source\"",
                        service,
                        "destination_service_name=\"mixed\"",
                        "destination_service_namespace=\"shop\"");
        var plain =
                Counted.from(
                        mesh,
                        at(web),
                        service,
                        "destination_workload=\"mixed-plain\"",
                        "connection_security_policy=\"unknown\"");
        var tunnelled =
                Counted.from(
                        mesh,
                        at(web),
                        service,
                        "destination_principal=\"" + meshed.identity() + "\"",
                        "connection_security_policy=\"mutual_tls\"");
        var arrived =
                Counted.from(
                        mesh,
                        at(meshed),
                        "reporter=\"destination\"",
                        service,
                        "destination_principal=\"" + meshed.identity() + "\"");

        Meshes.echoOnce(mesh, web, "10.96.9.1", 80);

        all.isOne(Meshes.HELLO.length(), Meshes.HELLO.length());
        assertThat(plain.opened() + tunnelled.opened()).isEqualTo(1);
        // With two endpoints, once in 2^50 runs one of them is not met.
        for (int i = 0; i < 50; i++) {
            Meshes.echoOnce(mesh, web, "10.96.9.1", 80);
        }
        Meshes.await(
                mesh,
                "each connection at an endpoint",
                () ->
                        plain.opened() > 0
                                && tunnelled.opened() > 0
                                && plain.opened() + tunnelled.opened() == 51
                                && arrived.opened() == tunnelled.opened());
    }

    @Test
    void certificates_replacedDuringTransfer_disturbNothing() {
        var web = pod("shop/web");
        var cart = pod("shop/cart");
        Pair.onlyAmbit(mesh, "it can't be asked for a new certificate", web, cart);
        var transfer =
                CompletableFuture.supplyAsync(
                        () ->
                                mesh.curl(
                                        web,
                                        Duration.ofSeconds(60),
                                        "-o",
                                        "/dev/null",
                                        "-w",
                                        "%{size_download}\n#curl %{http_code} %{time_total}",
                                        "http://cart.shop/bytes/8000000?rate=4000000"),
                        task -> Thread.ofVirtual().start(task));
        String before = at(web).configDump();
        at(web).rotate(web.identity());
        at(cart).rotate(cart.identity());
        Meshes.await(mesh, "a new certificate", () -> !at(web).configDump().equals(before));

        assertThat(mesh.curl(web, "http://cart.shop/").ok()).isTrue();
        assertThat(transfer.join().body().strip()).isEqualTo("8000000");
    }
}
