package dev.ambit.waypoint.xds.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.waypoint.pool.Secrets.Secret.Certificate;
import dev.ambit.waypoint.pool.Secrets.Secret.Roots;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretStoreTest {
    @TempDir private Path directory;

    private final SecretStore store = new SecretStore(Optional::empty);

    private Path write(String name, String text) throws Exception {
        return Files.writeString(directory.resolve(name), text);
    }

    @Test
    void remoteNames_areAskedFor_othersAreNot() {
        store.want(
                Set.of(
                        "kubernetes://a",
                        "configmap://b",
                        "default",
                        "ROOTCA",
                        "file-root:/nowhere"));

        assertThat(store.remote()).containsExactlyInAnyOrder("kubernetes://a", "configmap://b");
        assertThat(store.find("default")).isEmpty();
        assertThat(store.warm("kubernetes://a")).isFalse();
        assertThat(store.warm("default")).isTrue();
    }

    @Test
    void files_areRead_whenTheyAreWanted() throws Exception {
        var chain = write("c.pem", "CHAIN");
        var key = write("k.pem", "KEY");
        var root = write("r.pem", "ROOT");
        var certificate = "file-cert:" + chain + "~" + key;
        var roots = "file-root:" + root;

        store.want(Set.of(certificate, roots));

        assertThat(store.find(certificate)).contains(new Certificate("CHAIN", "KEY"));
        assertThat(store.find(roots)).contains(new Roots("ROOT", ""));
    }

    @Test
    void missingFile_isAProblem_andNotWaitedFor_untilItIsThere() throws Exception {
        var name = "file-root:" + directory.resolve("later.pem");
        store.want(Set.of(name));

        assertThat(store.find(name)).isEmpty();
        assertThat(store.warm(name)).isTrue();
        assertThat(store.problems()).containsOnlyKeys(name);

        write("later.pem", "ROOT");
        store.refresh();
        assertThat(store.find(name)).contains(new Roots("ROOT", ""));
        assertThat(store.problems()).isEmpty();
    }

    @Test
    void renewedFile_replacesTheSecret_andAnUnchangedOneDoesNot() throws Exception {
        var file = write("r.pem", "ONE");
        var name = "file-root:" + file;
        store.want(Set.of(name));
        var first = store.find(name).orElseThrow();

        store.refresh();
        assertThat(store.find(name).orElseThrow()).isSameAs(first);

        Files.writeString(file, "TWO");
        store.refresh();
        assertThat(store.find(name)).contains(new Roots("TWO", ""));
    }

    @Test
    void lostFile_leavesTheLastGoodOne() throws Exception {
        var file = write("r.pem", "ONE");
        var name = "file-root:" + file;
        store.want(Set.of(name));

        Files.delete(file);
        store.refresh();

        assertThat(store.find(name)).contains(new Roots("ONE", ""));
        assertThat(store.problems()).containsOnlyKeys(name);
    }

    @Test
    void secretThatNobodyUses_isForgotten() {
        store.want(Set.of("kubernetes://a"));
        store.put("kubernetes://a", new Roots("X", ""));

        store.want(Set.of());

        assertThat(store.find("kubernetes://a")).isEmpty();
    }

    @Test
    void systemRoots_areThoseOfTheRuntime() {
        store.want(Set.of("file-root:system"));

        assertThat(store.find("file-root:system").orElseThrow())
                .isInstanceOfSatisfying(
                        Roots.class,
                        roots -> assertThat(roots.roots()).contains("BEGIN CERTIFICATE"));
    }

    // ---- what the control plane sends

    private static DataSource text(String value) {
        return DataSource.newBuilder().setInlineString(value).build();
    }

    @Test
    void sentSecrets_areCompiled() throws Exception {
        var certificate =
                Secret.newBuilder()
                        .setTlsCertificate(
                                TlsCertificate.newBuilder()
                                        .setCertificateChain(text("CHAIN"))
                                        .setPrivateKey(text("KEY")))
                        .build();
        var roots =
                Secret.newBuilder()
                        .setValidationContext(
                                CertificateValidationContext.newBuilder()
                                        .setTrustedCa(text("ROOT"))
                                        .setCrl(text("CRL")))
                        .build();

        assertThat(SecretCompiler.compile(certificate)).isEqualTo(new Certificate("CHAIN", "KEY"));
        assertThat(SecretCompiler.compile(roots)).isEqualTo(new Roots("ROOT", "CRL"));
    }

    @Test
    void unusableSecret_isRefused_withoutItsContents() {
        var withoutKey =
                Secret.newBuilder()
                        .setTlsCertificate(
                                TlsCertificate.newBuilder().setCertificateChain(text("SECRET")))
                        .build();

        assertThatThrownBy(() -> SecretCompiler.compile(withoutKey))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("private_key")
                .hasMessageNotContaining("SECRET");
        assertThatThrownBy(() -> SecretCompiler.compile(Secret.getDefaultInstance()))
                .hasMessageContaining("tls_certificate or validation_context");
    }
}
