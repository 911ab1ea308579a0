package dev.ambit.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.MeshLab;
import java.io.IOException;
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
        mesh = Meshes.start(directory.resolve(pair.toString()), pair::in);
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
