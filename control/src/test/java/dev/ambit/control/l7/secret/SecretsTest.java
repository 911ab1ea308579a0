package dev.ambit.control.l7.secret;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import dev.ambit.control.Yaml;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompiler;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.YamlLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SecretsTest {
    private static final String INPUT =
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: waypoint, namespace: shop}
            spec: {gatewayClassName: istio-waypoint}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: generic, namespace: shop}
            stringData: {cert: chain, key: private, cacert: authority, crl: revoked}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: tls, namespace: shop}
            type: kubernetes.io/tls
            data: {tls.crt: Y2hhaW4=, tls.key: cHJpdmF0ZQ==, ca.crt: YXV0aG9yaXR5}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: apart, namespace: shop}
            stringData: {cert: chain, key: private}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: apart-cacert, namespace: shop}
            stringData: {cacert: authority}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: empty, namespace: shop}
            stringData: {cert: '', key: private}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: foreign, namespace: bank}
            stringData: {cert: chain, key: private, cacert: authority}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: roots, namespace: bank}
            data: {ca.crt: authority}
            """;

    @TempDir private Path directory = Path.of(".");
    private Secrets secrets = Secrets.of(model(Path.of("."), false));

    private static L7Model model(Path directory, boolean read) {
        try {
            var input =
                    read
                            ? DirectorySource.readOnce(
                                    directory, new YamlLimits(100_000, 100, 50, 64), 10)
                            : dev.ambit.control.resource.ResourceSet.empty();
            return L7Model.of(
                    input,
                    MeshCompiler.compile(input, CompileSettings.defaults()),
                    L7Settings.defaults());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @BeforeEach
    void read() throws IOException {
        Files.writeString(directory.resolve("mesh.yaml"), Yaml.documents(INPUT));
        secrets = Secrets.of(model(directory, true));
    }

    @ParameterizedTest
    @CsvSource({
        "kubernetes://generic, chain, private",
        "kubernetes://tls, chain, private",
        "kubernetes://shop/tls, chain, private",
    })
    void find_certificate_chainAndKey(String name, String chain, String key) {
        var found = found(name, "waypoint").getTlsCertificate();
        assertThat(found.getCertificateChain().getInlineBytes().toStringUtf8()).isEqualTo(chain);
        assertThat(found.getPrivateKey().getInlineBytes().toStringUtf8()).isEqualTo(key);
    }

    @ParameterizedTest
    @CsvSource({
        "kubernetes://generic-cacert",
        "kubernetes://tls-cacert",
        "kubernetes://apart-cacert",
        "configmap://bank/roots",
        "configmap://bank/roots-cacert",
    })
    void find_authority_certificatesToBelieve(String name) {
        var found = found(name, "waypoint");
        assertThat(found.getName()).isEqualTo(name);
        assertThat(found.getValidationContext().getTrustedCa().getInlineBytes().toStringUtf8())
                .isEqualTo("authority");
    }

    @Test
    void find_revocations_withTheAuthority() {
        assertThat(
                        found("kubernetes://generic-cacert", "waypoint")
                                .getValidationContext()
                                .getCrl()
                                .getInlineBytes()
                                .toStringUtf8())
                .isEqualTo("revoked");
    }

    @ParameterizedTest
    @CsvSource({
        "kubernetes://bank/foreign, another namespace",
        "kubernetes://bank/foreign-cacert, another namespace",
        "kubernetes-gateway://bank/foreign, another namespace",
        "kubernetes://nosuch, does not exist",
        "kubernetes://empty, neither cert and key",
        "configmap://bank/nosuch, does not exist",
        "configmap://roots, expected",
        "kubernetes://a/b/c, expected",
        "default, expected",
    })
    void find_notForIt_saysWhy(String name, String reason) {
        assertThat(secrets.find(name, node("waypoint")))
                .isInstanceOfSatisfying(
                        Secrets.Answer.None.class, n -> assertThat(n.reason()).contains(reason));
    }

    /// Anybody in the namespace can say that it is the waypoint; keys take more than that.
    @Test
    void find_keyForAnAccountThatIsNoneOfTheGateway_refused() {
        assertThat(secrets.find("kubernetes://tls", node("intruder")))
                .isInstanceOfSatisfying(
                        Secrets.Answer.None.class,
                        n -> assertThat(n.reason()).contains("account intruder is none of"));
        assertThat(secrets.find("kubernetes://tls-cacert", node("intruder")))
                .isInstanceOf(Secrets.Answer.Found.class);
    }

    private io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret found(
            String name, String account) {
        return switch (secrets.find(name, node(account))) {
            case Secrets.Answer.Found(var secret) -> secret;
            case Secrets.Answer.None(var reason) -> throw new AssertionError(reason);
        };
    }

    private static WaypointNode node(String account) {
        return new WaypointNode(
                "waypoint~10.0.0.1~wp-1.shop~shop.svc.cluster.local",
                "shop",
                "waypoint",
                false,
                account,
                List.of("10.0.0.1"),
                "Kubernetes",
                "",
                "",
                "",
                "",
                Map.of(),
                Map.of(),
                Struct.getDefaultInstance());
    }
}
