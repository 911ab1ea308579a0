package dev.ambit.e2e.scenario;

import static dev.ambit.e2e.scenario.Meshes.isCut;
import static dev.ambit.e2e.scenario.Meshes.line;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.e2e.mesh.MeshSettings;
import dev.ambit.e2e.mesh.NodeZtunnel;
import dev.ambit.identity.csr.Pem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
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

/// Certificates that are revoked while connections under them live: a client's in the list of the
/// server's node, and a server's in the list of the client's node.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class RevocationScenario {
    private static final String REASON = "connection closed: peer certificate revoked by CRL";
    private static final String REJECTED = "istio_crl_policy_rejections_total";

    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;
    private Path lists;
    private int number;

    @BeforeParameterizedClassInvocation
    void up() throws IOException {
        var own = directory.resolve(pair.toString());
        lists = Files.createDirectories(own.resolve("crl"));
        mesh = Meshes.start(own, this::withLists);
    }

    private MeshSettings withLists(MeshSettings settings) {
        var file = lists.resolve("{node}").resolve("ca-crl.pem");
        try {
            Files.createDirectories(lists.resolve("node-1"));
            Files.createDirectories(lists.resolve("node-2"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return pair.in(settings).withZtunnelVariable("CRL_PATH", file.toString());
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (mesh != null) {
            mesh.close();
        }
    }

    private MeshPod web() {
        return mesh.pod("shop/web");
    }

    private MeshPod raw() {
        return mesh.pod("shop/raw");
    }

    private static long rejections(NodeZtunnel at, String reporter) {
        return Counted.sum(at.metrics(), REJECTED, List.of("reporter=\"" + reporter + "\""));
    }

    @Test
    void crlInbound_revokedClient_isCutAndRefused_untilItIsTakenBack() throws Exception {
        var at = mesh.ztunnelOf(raw());
        int before = at.logPosition();
        long rejected = rejections(at, "destination");
        try (var socket = Meshes.echo(mesh, web(), raw());
                var other = Meshes.echo(mesh, mesh.pod("shop/cart"), raw())) {
            revoke("node-2", serialOf(web()));

            Meshes.await(mesh, "the cut", () -> isCut(socket));
            assertThat(isCut(other)).as("of another identity").isFalse();
        }
        var line = line(at, before, l -> l.is("error", REASON));
        assertThat(line.fields()).containsEntry("src.identity", web().identity());
        assertThat(at.metrics())
                .containsPattern("closed_total\\{.*response_flags=\"CERT_REVOKED\"");
        long cut = rejections(at, "destination");
        assertThat(cut).isGreaterThan(rejected);

        assertThat(mesh.curl(web(), "http://cart.shop/").ok()).isFalse();
        Meshes.await(mesh, "the refused handshake", () -> rejections(at, "destination") > cut);

        revoke("node-2", BigInteger.ONE);
        Meshes.await(
                mesh, "it is believed again", () -> mesh.curl(web(), "http://cart.shop/").ok());
    }

    @Test
    void crlOutbound_revokedServer_isCutAndRefused_untilItIsTakenBack() throws Exception {
        var at = mesh.ztunnelOf(web());
        int before = at.logPosition();
        long rejected = rejections(at, "source");
        try (var socket = Meshes.echo(mesh, web(), raw())) {
            assertThat(mesh.curl(web(), "http://cart.shop/").ok()).isTrue();

            revoke("node-1", serialOf(raw()));

            Meshes.await(mesh, "the cut", () -> isCut(socket));
        }
        var line = line(at, before, l -> l.is("error", REASON));
        assertThat(line.fields())
                .containsEntry("direction", "outbound")
                .containsEntry("dst.identity", raw().identity());
        assertThat(at.metrics())
                .containsPattern("closed_total\\{.*response_flags=\"CERT_REVOKED\"");
        long cut = rejections(at, "source");
        assertThat(cut).isGreaterThan(rejected);

        try (var fresh =
                mesh.sockets()
                        .connect(
                                web().place().netns(),
                                InetAddress.ofLiteral(raw().address()),
                                9001)) {
            assertThat(isCut(fresh)).isTrue();
        }
        Meshes.await(mesh, "the refused handshake", () -> rejections(at, "source") > cut);
        assertThat(mesh.curl(web(), "http://cart.shop/").ok()).as("another server").isTrue();

        revoke("node-1", BigInteger.ONE);
        Meshes.await(mesh, "it is believed again", this::reaches);
    }

    private boolean reaches() {
        try {
            Meshes.echo(mesh, web(), raw()).close();
            return true;
        } catch (IOException | AssertionError refused) {
            return false;
        }
    }

    /// The leaf's, which the dump shows right before the identity.
    private BigInteger serialOf(MeshPod pod) {
        var dump = mesh.ztunnelOf(pod).configDump().replaceAll("\\s*:\\s*\"", ":\"");
        var before = dump.substring(0, dump.indexOf("\"identity\":\"" + pod.identity() + "\""));
        var name = "\"serialNumber\":\"";
        int at = before.lastIndexOf(name) + name.length();
        return new BigInteger(before.substring(at, before.indexOf('"', at)));
    }

    private void revoke(String node, BigInteger serial) throws Exception {
        var ca = mesh.lab().state().etc().resolve("ca");
        var root = Pem.certificates(Files.readString(ca.resolve("root-cert.pem"))).getFirst();
        var now = Date.from(Instant.now());
        var list = new JcaX509v2CRLBuilder(root.getSubjectX500Principal(), now);
        // Without these three a real ztunnel does not read it (RFC 5280 section 5).
        list.setNextUpdate(Date.from(Instant.now().plus(Duration.ofDays(1))));
        var extensions = new JcaX509ExtensionUtils();
        list.addExtension(
                Extension.authorityKeyIdentifier,
                false,
                extensions.createAuthorityKeyIdentifier(root));
        list.addExtension(Extension.cRLNumber, false, new CRLNumber(BigInteger.valueOf(++number)));
        list.addCRLEntry(serial, now, CRLReason.keyCompromise);
        try (var parser = new PEMParser(Files.newBufferedReader(ca.resolve("root-key.pem")))) {
            var key = new JcaPEMKeyConverter().getPrivateKey((PrivateKeyInfo) parser.readObject());
            var signed = list.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key));
            var fresh = lists.resolve("fresh");
            Files.writeString(fresh, Pem.encode("X509 CRL", signed.getEncoded()));
            Files.move(
                    fresh,
                    lists.resolve(node).resolve("ca-crl.pem"),
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
