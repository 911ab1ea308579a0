package dev.ambit.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.lab.LabNeeds;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.ca.LocalAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
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

/// Peers that should not get in at port 15008, with `nghttp` as their client.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class IntruderScenario {

    private static final SpiffeId WEB = new SpiffeId("cluster.local", "shop", "web");
    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;
    private Path files;

    @BeforeParameterizedClassInvocation
    void up() throws IOException {
        LabNeeds.require("nghttp");
        files = Files.createDirectories(directory.resolve(pair.toString()));
        mesh = Meshes.start(directory.resolve(pair.toString()), pair::in);
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (mesh != null) {
            mesh.close();
        }
    }

    @AfterEach
    void othersAreServedStill() {
        assertThat(mesh.curl(mesh.pod("shop/web"), "http://cart.shop/").ok()).isTrue();
    }

    private String connect(LocalAuthority authority, SpiffeId id, String target) throws Exception {
        return new Nghttp(mesh, files).connect(authority, id, cart(), target);
    }

    private LocalAuthority meshAuthority() throws IOException {
        return new Nghttp(mesh, files).meshAuthority();
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
        Pair.onlyAmbit(mesh, "a CONNECT of nghttp has a path, which it refuses", cart());
        // That the client can get in at all: else the refusals below would mean nothing.
        String told = connect(meshAuthority(), WEB, cart().address() + ":8080");

        assertThat(told).contains(":status: 200");
    }

    @Test
    void certificateOfAnotherRoot_isRefusedInTheHandshake() throws Exception {
        var stranger = LocalAuthority.create("stranger", Clock.systemUTC(), Nghttp.HOUR);

        String told = connect(stranger, WEB, cart().address() + ":8080");

        assertThat(told).doesNotContain(":status: 200");
        assertThat(saysWhy("was not issued under any of the", "InvalidCertificate(UnknownIssuer)"))
                .contains(mesh.pod("legacy/batch").address());
    }

    @Test
    void peerOfAnotherTrustDomain_isRefusedByName() throws Exception {
        var foreign = new SpiffeId("elsewhere.example", "shop", "web");

        String told = connect(meshAuthority(), foreign, cart().address() + ":8080");

        assertThat(told).doesNotContain(":status: 200");
        saysWhy("elsewhere.example", "elsewhere.example");
    }

    @Test
    void connectToForeignAddress_isRefusedWith400() throws Exception {
        Pair.onlyAmbit(mesh, "a CONNECT of nghttp has a path, which it refuses", cart());
        String told = connect(meshAuthority(), WEB, "10.99.99.99:80");

        assertThat(told).contains(":status: 400");
        saysWhy("!= 10.99.99.99", "!= 10.99.99.99");
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
