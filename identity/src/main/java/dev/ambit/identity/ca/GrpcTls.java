package dev.ambit.identity.ca;

import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/// Channels to the control plane: gRPC on TLS, the server proven by known roots.
public final class GrpcTls {
    private static final int MAX_MESSAGE_BYTES = 200 << 20;
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final long KEEPALIVE_SECONDS = 30;
    private static final long KEEPALIVE_TIMEOUT_SECONDS = 10;
    private static final int TCP_IDLE_SECONDS = 300;
    private static final int TCP_INTERVAL_SECONDS = 75;
    private static final int TCP_PROBES = 9;

    private GrpcTls() {}

    /// One thread for all control connections of a process.
    public static MultiThreadIoEventLoopGroup controlLoop() {
        return new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    }

    /// @throws IOException when the root file can't be read or holds no certificate
    public static ManagedChannel channel(
            String host, int port, Path roots, MultiThreadIoEventLoopGroup loop)
            throws IOException {
        return channel(
                new ControlServer(host, port, new RootCertificates.File(roots), Optional.empty()),
                loop);
    }

    /// @throws IOException when the roots can't be read or hold no certificate
    public static ManagedChannel channel(ControlServer server, MultiThreadIoEventLoopGroup loop)
            throws IOException {
        return NettyChannelBuilder.forAddress(server.host(), server.port())
                .sslContext(context(server).build())
                .eventLoopGroup(loop)
                .channelType(NioSocketChannel.class)
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .withOption(ChannelOption.SO_KEEPALIVE, true)
                .withOption(
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), TCP_IDLE_SECONDS)
                .withOption(
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL),
                        TCP_INTERVAL_SECONDS)
                .withOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), TCP_PROBES)
                .executor(Runnable::run)
                .offloadExecutor(task -> Thread.ofVirtual().start(task))
                .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .build();
    }

    private static SslContextBuilder context(ControlServer server) throws IOException {
        var builder = GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.OPENSSL);
        var pem = server.roots().load();
        if (server.alsoNamed().isPresent()) {
            return builder.trustManager(
                    new EitherNameTrust(trustManager(pem), server.alsoNamed().get()));
        }
        return pem.isPresent()
                ? builder.trustManager(new ByteArrayInputStream(pem.get()))
                : builder;
    }

    private static X509ExtendedTrustManager trustManager(Optional<byte[]> pem) throws IOException {
        try {
            var factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(pem.isPresent() ? keyStore(pem.get()) : null);
            for (var manager : factory.getTrustManagers()) {
                if (manager instanceof X509ExtendedTrustManager x509) {
                    return x509;
                }
            }
            throw new IOException("the Java runtime has no X.509 trust manager");
        } catch (GeneralSecurityException unusable) {
            throw new IOException("root certificates: " + unusable.getMessage(), unusable);
        }
    }

    private static @Nullable KeyStore keyStore(byte[] pem)
            throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        var all =
                java.security.cert.CertificateFactory.getInstance("X.509")
                        .generateCertificates(new ByteArrayInputStream(pem));
        if (all.isEmpty()) {
            throw new IOException("root certificates: none (expected: PEM text)");
        }
        int number = 0;
        for (var certificate : all) {
            store.setCertificateEntry("root-" + number++, certificate);
        }
        return store;
    }
}
