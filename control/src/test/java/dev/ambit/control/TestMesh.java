package dev.ambit.control;

import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompiler;
import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.control.token.Account;
import dev.ambit.control.token.TokenInterceptor;
import dev.ambit.control.token.TokenIssuer;
import dev.ambit.control.token.TokenVerifier;
import io.grpc.CallCredentials;
import io.grpc.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executor;

/// What tests of servers share: keys, tokens, and a mesh from YAML.
public final class TestMesh {
    public static final String ISSUER = "https://issuer.test";

    private final Path directory;
    private final TokenIssuer issuer = TokenIssuer.create(ISSUER, Clock.systemUTC());

    public TestMesh(Path directory) throws IOException {
        this.directory = directory;
        issuer.saveJwks(jwks());
    }

    public Path jwks() {
        return directory.resolve("jwks.json.keys");
    }

    public TokenInterceptor interceptor() {
        return new TokenInterceptor(
                new TokenVerifier(jwks(), ISSUER, "istio-ca", Clock.systemUTC()));
    }

    public CallCredentials token(Account account, String pod, String node) {
        return bearer(
                issuer.issue(
                        TokenIssuer.Subject.onNode(account, pod, node),
                        "istio-ca",
                        Duration.ofHours(1)));
    }

    public CallCredentials ztunnel(String node) {
        return token(ControlSettings.ZTUNNEL, "ztunnel-" + node, node);
    }

    public MeshModel compile(String... documents) throws IOException {
        var input = Files.createDirectories(directory.resolve("input"));
        Files.writeString(input.resolve("mesh.yaml"), Yaml.documents(documents));
        return MeshCompiler.compile(
                DirectorySource.readOnce(input, new YamlLimits(100_000, 1_000, 50, 64), 100),
                CompileSettings.defaults());
    }

    public static CallCredentials bearer(String token) {
        return new CallCredentials() {
            @Override
            public void applyRequestMetadata(
                    RequestInfo info, Executor executor, MetadataApplier applier) {
                var headers = new Metadata();
                headers.put(
                        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
                        "Bearer " + token);
                applier.apply(headers);
            }
        };
    }
}
