package dev.ambit.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
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

/// Processes that end and come back under load.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class LifeScenario {

    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;

    @BeforeParameterizedClassInvocation
    void up() throws IOException {
        // Longer than any scenario: what ends then ends by itself.
        mesh =
                Meshes.start(
                        directory.resolve(pair.toString()),
                        settings ->
                                pair.in(settings)
                                        .withZtunnelVariable(
                                                "TERMINATION_GRACE_PERIOD_SECONDS", "40"));
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (mesh != null) {
            mesh.close();
        }
    }

    @Test
    void ztunnelStopped_duringTransfer_finishesItAndServesAgainAfterwards() {
        var web = mesh.pod("shop/web");
        var node = web.place().node();
        var transfer =
                CompletableFuture.supplyAsync(
                        () ->
                                mesh.curl(
                                        web,
                                        Duration.ofSeconds(30),
                                        "-o",
                                        "/dev/null",
                                        "-w",
                                        "%{size_download}\n#curl %{http_code} %{time_total}",
                                        "http://cart.shop/bytes/6000000?rate=4000000"),
                        task -> Thread.ofVirtual().start(task));
        var ztunnel = mesh.ztunnelOf(web);
        Meshes.await(
                mesh,
                "the transfer is under way",
                () -> ztunnel.configDump().contains(mesh.pod("shop/cart").address() + ":15008\""));

        ztunnel.process().stop();

        assertThat(transfer.join().body().strip()).isEqualTo("6000000");
        mesh.startZtunnel(node).awaitReady();
        Meshes.await(mesh, "service again", () -> mesh.curl(web, "http://cart.shop/").ok());
    }

    @Test
    void ztunnelShutdown_openConnectionGoesOn_andNewOnesFail() throws IOException {
        var web = mesh.pod("shop/web");
        var raw = mesh.pod("shop/raw");
        var ztunnel = mesh.ztunnelOf(web);
        CompletableFuture<Void> stopped;
        try (var socket = Meshes.echo(mesh, web, raw)) {
            stopped =
                    CompletableFuture.runAsync(
                            () -> ztunnel.process().stop(), task -> Thread.ofVirtual().start(task));

            Meshes.await(mesh, "new connections fail", () -> !connects(web, raw));
            assertThat(Meshes.isCut(socket)).isFalse();
        }
        stopped.join();
        assertThat(ztunnel.process().awaitExit(Meshes.SOON)).isZero();
        mesh.startZtunnel(web.place().node()).awaitReady();
        Meshes.await(mesh, "service again", () -> mesh.curl(web, "http://cart.shop/").ok());
    }

    private boolean connects(MeshPod from, MeshPod to) {
        try {
            Meshes.echo(mesh, from, to).close();
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    private static String pod(String name, String account, int node) {
        return """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: shop}
        spec:
          nodeName: node-%d
          serviceAccountName: %s
          containers: [{name: app}]
        """
                .formatted(name, node, account);
    }

    @Test
    void serverShutdown_podGoneWhileItsApplicationRuns_endsItsConnections() throws IOException {
        mesh.apply(
                "going.yaml",
                pod("going", "going", 2)
                        .replace(
                                "{name: app}",
                                "{name: app, ports: [{name: echo, containerPort: 9001}]}"));
        mesh.sync();
        var going = mesh.pod("shop/going");
        var web = mesh.pod("shop/web");
        Meshes.await(
                mesh,
                "the pod is known",
                () ->
                        mesh.ztunnelOf(web).configDump().contains("\"going\"")
                                && mesh.ztunnelOf(going).configDump().contains("\"going\""));
        try (var open = Meshes.echo(mesh, web, going)) {
            mesh.agent("node-2").podGone(going.place().uid());

            // The client's side takes the connection, and then can't reach anybody.
            try (var fresh =
                    mesh.sockets()
                            .connect(
                                    web.place().netns(),
                                    InetAddress.ofLiteral(going.address()),
                                    9001)) {
                assertThat(Meshes.isCut(fresh)).isTrue();
            }
            Meshes.await(mesh, "the open one ends", () -> Meshes.isCut(open));
        }
        assertThat(mesh.curl(web, "http://cart.shop/").ok()).isTrue();
    }

    @Test
    void prefetchForgetCerts_ofThisNodesPodsAlone_asLongAsThereIsOne() {
        var here = mesh.ztunnel("node-1");
        var identity = "\"spiffe://cluster.local/ns/shop/sa/sa1\"";
        mesh.apply("far.yaml", pod("sa1-far", "sa1", 2));
        mesh.sync();
        Meshes.await(mesh, "the far pod", () -> here.configDump().contains("sa1-far"));
        Meshes.await(
                mesh,
                "its certificate over there",
                () -> mesh.ztunnel("node-2").configDump().contains(identity));
        assertThat(here.configDump()).doesNotContain(identity);

        mesh.apply("one.yaml", pod("sa1-one", "sa1", 1));
        mesh.apply("two.yaml", pod("sa1-two", "sa1", 1));
        mesh.sync();
        Meshes.await(mesh, "its certificate", () -> here.configDump().contains(identity));
        var issued = mesh.control().lines().stream().filter(l -> isIssue(l, "node-1")).count();
        assertThat(issued).as("one for both pods").isEqualTo(1);

        mesh.delete("far.yaml");
        mesh.delete("one.yaml");
        mesh.sync();
        Meshes.await(mesh, "one is left", () -> !here.configDump().contains("sa1-one"));
        assertThat(here.configDump()).contains(identity);

        mesh.delete("two.yaml");
        mesh.sync();
        Meshes.await(mesh, "it is forgotten", () -> !here.configDump().contains(identity));
    }

    /// Whether the authority says that it gave the identity to the node's ztunnel.
    private static boolean isIssue(String line, String node) {
        return line.contains("ca: spiffe://cluster.local/ns/shop/sa/sa1 for")
                && line.contains(node);
    }

    @Test
    void tokenExpired_isNamedInTheLogAndNothingElseIsDisturbed() throws IOException {
        var web = mesh.pod("shop/web");
        var node = web.place().node();
        // A token of nobody: as good as one that expired, to the control plane.
        Path bad = mesh.lab().state().etc().resolve("bad-token");
        Files.writeString(bad, EXPIRED);
        mesh.ztunnelOf(web).process().stop();

        var refused = mesh.startZtunnel(node, Map.of("AUTH_TOKEN", bad.toString()));

        Meshes.logged(mesh, refused, mesh.ambitServes(web) ? "UNAUTHENTICATED" : "nauthenticated");
        assertThat(refused.isReady()).isFalse();
        assertThat(mesh.curl(mesh.pod("shop/cart"), "http://pay.shop/").ok()).isTrue();
        refused.process().stop();
        mesh.startZtunnel(node).awaitReady();
        Meshes.await(mesh, "service again", () -> mesh.curl(web, "http://cart.shop/").ok());
    }

    /// Header and claims of a token that ended in 2001; its signature fits nothing.
    private static final String EXPIRED =
            "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJleHAiOjEwMDAwMDAwMDB9.AAAA";
}
