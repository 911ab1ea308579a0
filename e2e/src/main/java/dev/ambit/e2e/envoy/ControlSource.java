package dev.ambit.e2e.envoy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ambit.control.Control;
import dev.ambit.control.ControlLimits;
import dev.ambit.control.ControlSettings;
import dev.ambit.control.ServerTls;
import dev.ambit.control.token.Account;
import dev.ambit.control.token.TokenIssuer;
import dev.ambit.identity.ca.LocalAuthority;
import io.grpc.CallCredentials;
import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;

/// Ambit's control plane, whole, on ports of the loopback.
public final class ControlSource implements XdsSource {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final String ISSUER = "https://issuer.test";

    private final Control control;
    private final ManagedChannel channel;
    private final String token;

    @FunctionalInterface
    public interface Settings {
        ControlSettings of(Path input, Path jwks, String issuer);
    }

    /// @param account of the waypoint's pod
    public ControlSource(
            Path files,
            Path input,
            LocalAuthority authority,
            Account account,
            String pod,
            Settings settings)
            throws IOException {
        var issuer = TokenIssuer.create(ISSUER, Clock.systemUTC());
        Path jwks = files.resolve("tokens.jwks");
        issuer.saveJwks(jwks);
        var server = authority.serverCertificate(List.of("localhost"), HOUR);
        control =
                new Control(
                        settings.of(input, jwks, ISSUER).listening(anyPort(), anyPort()),
                        ControlLimits.defaults(),
                        (_, _, _) -> List.of(),
                        new ServerTls(server.chainPem(), server.keyPem()),
                        Clock.systemUTC());
        control.start();
        channel =
                Grpc.newChannelBuilder(
                                "localhost:" + control.port(),
                                TlsChannelCredentials.newBuilder()
                                        .trustManager(
                                                new ByteArrayInputStream(
                                                        authority.trustPem().getBytes(UTF_8)))
                                        .build())
                        .maxInboundMessageSize(64 << 20)
                        .build();
        token =
                issuer.issue(
                        TokenIssuer.Subject.onNode(account, pod, "node-1"),
                        ControlSettings.AUDIENCE,
                        HOUR);
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public CallCredentials credentials() {
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

    @Override
    public void close() {
        channel.shutdownNow();
        control.close();
    }
}
