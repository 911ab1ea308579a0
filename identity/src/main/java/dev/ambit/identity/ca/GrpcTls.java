package dev.ambit.identity.ca;

import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// Channels to the control plane: gRPC on TLS, the server proven by roots in a file.
public final class GrpcTls {
    private static final int MAX_MESSAGE_BYTES = 200 << 20;
    private static final long KEEPALIVE_SECONDS = 30;
    private static final long KEEPALIVE_TIMEOUT_SECONDS = 10;

    private GrpcTls() {}

    /// One thread for all control connections of a process.
    public static MultiThreadIoEventLoopGroup controlLoop() {
        return new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    }

    /// @throws IOException when the root file can't be read or holds no certificate
    public static ManagedChannel channel(
            String host, int port, Path roots, MultiThreadIoEventLoopGroup loop)
            throws IOException {
        var pem = Files.readAllBytes(roots);
        var tls =
                GrpcSslContexts.configure(
                                io.netty.handler.ssl.SslContextBuilder.forClient(),
                                SslProvider.OPENSSL)
                        .trustManager(new ByteArrayInputStream(pem))
                        .build();
        return NettyChannelBuilder.forAddress(host, port)
                .sslContext(tls)
                .eventLoopGroup(loop)
                .channelType(NioSocketChannel.class)
                .executor(Runnable::run)
                .offloadExecutor(task -> Thread.ofVirtual().start(task))
                .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .build();
    }
}
