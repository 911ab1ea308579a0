package dev.ambit.e2e.scenario;

import static dev.ambit.e2e.scenario.Meshes.isCut;
import static dev.ambit.e2e.scenario.Meshes.line;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.e2e.mesh.MeshSettings;
import dev.ambit.identity.csr.Pem;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// A certificate that is revoked while connections under it live.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RevocationScenario {
    private MeshLab mesh;
    private Path lists;

    @BeforeAll
    void up(@TempDir Path directory) throws IOException {
        lists = Files.createDirectories(directory.resolve("crl")).resolve("ca-crl.pem");
        mesh = Meshes.start(directory, this::withLists);
    }

    private MeshSettings withLists(MeshSettings settings) {
        return settings.withZtunnelEnvironment(Map.of("CRL_PATH", lists.toString()));
    }

    @AfterAll
    void down() {
        if (mesh != null) {
            mesh.close();
        }
    }

    @Test
    void revokedClient_itsLiveConnectionIsCut_andNewOnesAreRefused_untilItIsTakenBack()
            throws Exception {
        var web = mesh.pod("shop/web");
        var raw = mesh.pod("shop/raw");
        try (var socket = Meshes.echo(mesh, web, raw);
                var other = Meshes.echo(mesh, mesh.pod("shop/cart"), raw)) {
            revoke(serialOf(web));

            Meshes.await(mesh, "the cut", () -> isCut(socket));
            assertThat(isCut(other)).as("of another identity").isFalse();
        }
        var line =
                line(
                        mesh.ztunnelOf(raw),
                        0,
                        l -> l.field("error").orElse("").contains("revoked by CRL"));
        assertThat(line.field("error"))
                .hasValue("connection closed: peer certificate revoked by CRL");
        assertThat(line.fields()).containsEntry("src.identity", web.identity());
        assertThat(mesh.ztunnelOf(raw).metrics())
                .contains("istio_crl_policy_rejections_total{reporter=\"destination\"} 1")
                .containsPattern("closed_total\\{.*response_flags=\"CERT_REVOKED\"");
        assertThat(mesh.curl(web, "http://cart.shop/").ok()).isFalse();

        revoke(BigInteger.ONE);
        Meshes.await(mesh, "it is believed again", () -> mesh.curl(web, "http://cart.shop/").ok());
    }

    /// The leaf's, which the dump shows right before the identity.
    private BigInteger serialOf(MeshPod pod) {
        var dump = mesh.ztunnelOf(pod).configDump().replaceAll("\\s*:\\s*\"", ":\"");
        var before = dump.substring(0, dump.indexOf("\"identity\":\"" + pod.identity() + "\""));
        var name = "\"serialNumber\":\"";
        int at = before.lastIndexOf(name) + name.length();
        return new BigInteger(before.substring(at, before.indexOf('"', at)));
    }

    private void revoke(BigInteger serial) throws Exception {
        var ca = mesh.lab().state().etc().resolve("ca");
        var root = Pem.certificates(Files.readString(ca.resolve("root-cert.pem"))).getFirst();
        var now = Date.from(Instant.now());
        var list = new JcaX509v2CRLBuilder(root.getSubjectX500Principal(), now);
        list.addCRLEntry(serial, now, CRLReason.keyCompromise);
        try (var parser = new PEMParser(Files.newBufferedReader(ca.resolve("root-key.pem")))) {
            var key = new JcaPEMKeyConverter().getPrivateKey((PrivateKeyInfo) parser.readObject());
            var signed = list.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key));
            var fresh = lists.resolveSibling("fresh");
            Files.writeString(fresh, Pem.encode("X509 CRL", signed.getEncoded()));
            Files.move(fresh, lists, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
