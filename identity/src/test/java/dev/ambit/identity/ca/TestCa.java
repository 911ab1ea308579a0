package dev.ambit.identity.ca;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ambit.identity.proto.IstioCertificateRequest;
import dev.ambit.identity.proto.IstioCertificateResponse;
import dev.ambit.identity.proto.IstioCertificateServiceGrpc.IstioCertificateServiceImplBase;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.StatusException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
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
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/// The CA's service on a loopback port, on TLS; a test says what it answers.
final class TestCa implements AutoCloseable {
    final Queue<Metadata> headers = new ConcurrentLinkedQueue<>();
    final Queue<IstioCertificateRequest> requests = new ConcurrentLinkedQueue<>();
    volatile Answer answer;

    private final MultiThreadIoEventLoopGroup loop = GrpcTls.controlLoop();
    private final Server server;
    private final ManagedChannel channel;

    /// The chain for a request.
    interface Answer {
        List<String> to(IstioCertificateRequest request) throws StatusException;
    }

    /// @param roots where the file with the server's roots goes
    TestCa(LocalAuthority authority, Path roots, Answer answer) throws IOException {
        this.answer = answer;
        var own = authority.serverCertificate(List.of("127.0.0.1"), Duration.ofHours(1));
        var tls =
                GrpcSslContexts.configure(
                                SslContextBuilder.forServer(
                                        new ByteArrayInputStream(own.chainPem().getBytes(UTF_8)),
                                        new ByteArrayInputStream(own.keyPem().getBytes(UTF_8))),
                                SslProvider.OPENSSL)
                        .build();
        server =
                NettyServerBuilder.forAddress(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .bossEventLoopGroup(loop)
                        .workerEventLoopGroup(loop)
                        .channelType(NioServerSocketChannel.class)
                        .sslContext(tls)
                        .executor(task -> Thread.ofVirtual().start(task))
                        .addService(ServerInterceptors.intercept(new Service(), new Headers()))
                        .build()
                        .start();
        Files.writeString(roots, authority.trustPem());
        channel = GrpcTls.channel("127.0.0.1", server.getPort(), roots, loop);
    }

    int port() {
        return server.getPort();
    }

    ManagedChannel channel() {
        return channel;
    }

    /// Nobody listens any more.
    void away() throws InterruptedException {
        server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws InterruptedException {
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        away();
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }

    private final class Service extends IstioCertificateServiceImplBase {
        @Override
        public void createCertificate(
                IstioCertificateRequest request, StreamObserver<IstioCertificateResponse> to) {
            requests.add(request);
            try {
                var chain = answer.to(request);
                to.onNext(IstioCertificateResponse.newBuilder().addAllCertChain(chain).build());
                to.onCompleted();
            } catch (StatusException refused) {
                to.onError(refused);
            }
        }
    }

    private final class Headers implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
            headers.add(metadata);
            return next.startCall(call, metadata);
        }
    }
}
