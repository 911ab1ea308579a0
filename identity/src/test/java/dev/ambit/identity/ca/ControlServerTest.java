package dev.ambit.identity.ca;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.identity.proto.IstioCertificateRequest;
import dev.ambit.identity.proto.IstioCertificateServiceGrpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against a server that knows no method: a call that reaches it says so, and TLS is what decides
/// whether it does.
class ControlServerTest {
    private final LocalAuthority authority =
            LocalAuthority.create("test", Clock.systemUTC(), Duration.ofDays(1));
    private final MultiThreadIoEventLoopGroup loop = GrpcTls.controlLoop();
    private @Nullable Server server;

    @TempDir Path dir;

    @AfterEach
    void stop() throws InterruptedException {
        if (server != null) {
            server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        }
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }

    private int serverNamed(String name) throws IOException {
        var own = authority.serverCertificate(List.of(name), Duration.ofHours(1));
        var tls =
                GrpcSslContexts.configure(
                                SslContextBuilder.forServer(
                                        new ByteArrayInputStream(own.chainPem().getBytes(UTF_8)),
                                        new ByteArrayInputStream(own.keyPem().getBytes(UTF_8))),
                                SslProvider.OPENSSL)
                        .build();
        var started =
                NettyServerBuilder.forAddress(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .bossEventLoopGroup(loop)
                        .workerEventLoopGroup(loop)
                        .channelType(NioServerSocketChannel.class)
                        .sslContext(tls)
                        .executor(task -> Thread.ofVirtual().start(task))
                        .build()
                        .start();
        server = started;
        return started.getPort();
    }

    private Status.Code ask(int port, RootCertificates roots, Optional<String> alsoNamed)
            throws Exception {
        var channel = GrpcTls.channel(new ControlServer("localhost", port, roots, alsoNamed), loop);
        try {
            IstioCertificateServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .createCertificate(IstioCertificateRequest.getDefaultInstance());
            return Status.Code.OK;
        } catch (StatusRuntimeException refused) {
            return refused.getStatus().getCode();
        } finally {
            channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "localhost,'',UNIMPLEMENTED",
        "istiod.other,'',UNAVAILABLE",
        "istiod.other,istiod.other,UNIMPLEMENTED",
        "istiod.other,ISTIOD.other,UNIMPLEMENTED",
        "localhost,istiod.other,UNIMPLEMENTED",
        "*.other,istiod.other,UNIMPLEMENTED",
        "*.other,a.istiod.other,UNAVAILABLE",
        "istiod.other,istiod.another,UNAVAILABLE"
    })
    void server_isTheOneDialledOrTheOneAlsoNamed(String has, String also, Status.Code expected)
            throws Exception {
        var roots = new RootCertificates.Inline(authority.trustPem());
        var alsoNamed = Optional.of(also).filter(name -> !name.isEmpty());

        assertThat(ask(serverNamed(has), roots, alsoNamed)).isEqualTo(expected);
    }

    @Test
    void otherRoots_areRefused_whateverTheName() throws Exception {
        var other = LocalAuthority.create("other", Clock.systemUTC(), Duration.ofDays(1));
        var roots = new RootCertificates.Inline(other.trustPem());

        assertThat(ask(serverNamed("istiod.other"), roots, Optional.of("istiod.other")))
                .isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void systemRoots_doNotKnowUs() throws Exception {
        assertThat(
                        ask(
                                serverNamed("localhost"),
                                new RootCertificates.OfTheSystem(),
                                Optional.empty()))
                .isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void missingFile_isAnIoException() {
        var roots = new RootCertificates.File(dir.resolve("none.pem"));

        assertThatThrownBy(() -> ask(1, roots, Optional.empty())).isInstanceOf(IOException.class);
    }

    // ---- what a call carries

    private static Optional<String> header(BearerToken token, String name) throws IOException {
        var key = Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
        return Optional.ofNullable(token.headers().get(key));
    }

    @Test
    void token_isReadAnewForEachCall_withoutItsNewline() throws Exception {
        var file = dir.resolve("token");
        var token = new BearerToken(new BearerToken.Source.File(file), "c1", Map.of("x-more", "v"));
        Files.writeString(file, "one\n");
        assertThat(header(token, "authorization")).hasValue("Bearer one");

        Files.writeString(file, "two");

        assertThat(header(token, "authorization")).hasValue("Bearer two");
        assertThat(header(token, "clusterid")).hasValue("c1");
        assertThat(header(token, "x-more")).hasValue("v");
    }

    @Test
    void literalToken_isSaid_andNotShown() throws Exception {
        var token = new BearerToken(new BearerToken.Source.Literal("s3cret"), "c1", Map.of());

        assertThat(header(token, "authorization")).hasValue("Bearer s3cret");
        assertThat(token.toString()).doesNotContain("s3cret");
    }
}
