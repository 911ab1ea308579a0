package dev.ambit.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.identity.SpiffeId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
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

/// Peers that should not get in at port 15008, and what stands there without a right to.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class IntruderScenario {

    private static final SpiffeId WEB = new SpiffeId("cluster.local", "shop", "web");

    /// The mesh takes it for a pod that speaks HBONE by itself.
    private static final String IMPOSTOR =
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: impostor
              namespace: shop
              labels: {istio.io/dataplane-mode: none, networking.istio.io/tunnel: http}
            spec: {nodeName: node-2, serviceAccountName: impostor, containers: [{name: app}]}
            """;

    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;
    private Path files;
    private HboneCaller caller;

    @BeforeParameterizedClassInvocation
    void up() throws IOException {
        files = Files.createDirectories(directory.resolve(pair.toString()));
        mesh = Meshes.start(files, pair::in);
        caller = new HboneCaller(mesh);
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (caller != null) {
            caller.close();
        }
        if (mesh != null) {
            mesh.close();
        }
    }

    @AfterEach
    void othersAreServedStill() {
        assertThat(mesh.curl(mesh.pod("shop/web"), "http://cart.shop/").ok()).isTrue();
    }

    /// A CONNECT to the cart's pod, from outside the mesh.
    private HboneCaller.Told connect(Issued as, String target) throws Exception {
        return caller.call(mesh.pod("legacy/batch"), as, cart(), target, "");
    }

    private MeshPod cart() {
        return mesh.pod("shop/cart");
    }

    private String saysWhy(String ambit, String peer) {
        String text = mesh.ambitServes(cart()) ? ambit : peer;
        return Meshes.logged(mesh, mesh.ztunnelOf(cart()), text);
    }

    @Test
    void peerOfTheMesh_isLetIn() throws Exception {
        // That the client can get in at all: else the refusals below would mean nothing.
        var told = connect(Issued.by(mesh, WEB), cart().address() + ":8080");

        assertThat(told.status()).as("%s", told).isEqualTo(200);
    }

    @Test
    void certificateOfAnotherRoot_isRefusedInTheHandshake() throws Exception {
        var told = connect(Issued.by(Issued.stranger(), WEB), cart().address() + ":8080");

        assertThat(told.status()).as("%s", told).isZero();
        // A real ztunnel says whose certificates it wants, and ours keeps another's to itself.
        assertThat(saysWhy("was not issued under any of the", "NoCertificatesPresented"))
                .contains(mesh.pod("legacy/batch").address());
    }

    @Test
    void trustDomainMismatch_ofAClient_isRefusedByName() throws Exception {
        var foreign = new SpiffeId("elsewhere.example", "shop", "web");

        var told = connect(Issued.by(mesh, foreign), cart().address() + ":8080");

        assertThat(told.status()).as("%s", told).isZero();
        saysWhy("elsewhere.example", "elsewhere.example");
    }

    /// A client that has written must not take it for an orderly end.
    @Test
    void trustDomainMismatch_ofAServer_isAResetForWhoHasWritten() throws Exception {
        mesh.apply("impostor.yaml", IMPOSTOR);
        mesh.sync();
        var impostor = mesh.pod("shop/impostor");
        var web = mesh.pod("shop/web");
        var foreign = new SpiffeId("clusterset.local", "shop", "impostor");
        HbonePeer.startIn(mesh, impostor, foreign, files);
        int before = mesh.ztunnelOf(web).logPosition();
        Meshes.await(
                mesh,
                "the pod is known",
                () -> mesh.ztunnelOf(web).configDump().contains("impostor"));

        try (var socket =
                mesh.sockets()
                        .connect(
                                web.place().netns(),
                                InetAddress.ofLiteral(impostor.address()),
                                8080)) {
            socket.getOutputStream().write("hello world!".getBytes(StandardCharsets.US_ASCII));

            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }
        var line =
                Meshes.line(
                        mesh.ztunnelOf(web),
                        before,
                        l -> l.is("dst.addr", impostor.address() + ":15008"));
        assertThat(line.field("error").orElse("")).contains("clusterset.local");
    }

    @Test
    void hboneIpMismatch_isRefusedWith400() throws Exception {
        int before = mesh.ztunnelOf(cart()).logPosition();

        var told = connect(Issued.by(mesh, WEB), "10.99.99.99:80");

        assertThat(told.status()).as("%s", told).isEqualTo(400);
        var line =
                Meshes.line(
                        mesh.ztunnelOf(cart()),
                        before,
                        l -> l.field("error").orElse("").startsWith("ip mismatch: "));
        assertThat(line.field("error"))
                .hasValue("ip mismatch: " + cart().address() + " != 10.99.99.99");
    }

    @Test
    void garbage_isClosedAndLogged() throws IOException {
        try (var socket =
                mesh.sockets()
                        .connect(
                                mesh.pod("legacy/batch").place().netns(),
                                InetAddress.ofLiteral(cart().address()),
                                15008)) {
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));

            socket.getInputStream().readAllBytes();
        }
        saysWhy("not an SSL/TLS record", "tls handshake error");
    }
}
