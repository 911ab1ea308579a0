package dev.ambit.waypoint.http1;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.http.ServerStream;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Against the HTTP/1.1 of the Java library, over loopback.
class RealSocketsTest {
    private static final int LARGE = 3 << 20;

    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    @AfterEach
    void close() throws Exception {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).get();
    }

    private static byte[] large() {
        var bytes = new byte[LARGE];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    /// Sends back what comes, as fast as it is taken.
    private record Echo(ServerStream stream) implements HttpStream.Inlet {
        @Override
        public void onData(ByteBuf bytes) {
            stream.writeData(bytes);
        }

        @Override
        public void onBurstEnd() {
            stream.flush();
        }

        @Override
        public void onEnd(Headers trailers) {
            stream.end(trailers);
            stream.flush();
        }

        @Override
        public void onReset(StreamReset reason) {}

        @Override
        public void onTaken(int bytes) {
            stream.grant(bytes);
        }
    }

    private InetSocketAddress serve() throws Exception {
        var handler =
                new ServerConnection.Handler() {
                    @Override
                    public HttpStream.Inlet onRequest(
                            ServerStream stream, RequestHead head, boolean bodyFollows) {
                        var headers = new Headers().add("x-path", head.path());
                        if (head.path().equals("/upgrade")) {
                            stream.respond(
                                    new ResponseHead(101, headers.add("upgrade", "echo")), true);
                        } else {
                            stream.respond(new ResponseHead(200, headers), bodyFollows);
                        }
                        return new Echo(stream);
                    }

                    @Override
                    public void onRejected(ServerConnection.Rejected rejected) {}

                    @Override
                    public void onClosed() {}
                };
        var accept =
                new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        SocketDuplex.prepare(channel, HboneLimits.defaults());
                        channel.pipeline()
                                .addLast(
                                        new ChannelInboundHandlerAdapter() {
                                            @Override
                                            public void channelActive(ChannelHandlerContext ctx) {
                                                var duplex =
                                                        SocketDuplex.of(
                                                                ctx.channel(),
                                                                HboneLimits.defaults());
                                                Http1ServerConnection.over(
                                                        duplex,
                                                        Http1ServerOptions.defaults(),
                                                        handler);
                                            }
                                        });
                    }
                };
        var bound =
                new ServerBootstrap()
                        .group(loops)
                        .channel(NioServerSocketChannel.class)
                        .childHandler(accept)
                        .bind(InetAddress.getLoopbackAddress(), 0)
                        .sync();
        return (InetSocketAddress) bound.channel().localAddress();
    }

    @Test
    void server_echoesToALibrarysClient() throws Exception {
        var address = serve();
        var sent = large();
        try (var client = HttpClient.newHttpClient()) {
            for (int i = 0; i < 3; i++) {
                var uri = URI.create("http://127.0.0.1:" + address.getPort() + "/p" + i);
                var body =
                        i == 0
                                ? HttpRequest.BodyPublishers.ofByteArray(sent)
                                : HttpRequest.BodyPublishers.ofInputStream(
                                        () -> new ByteArrayInputStream(sent));
                var request =
                        HttpRequest.newBuilder(uri)
                                .version(HttpClient.Version.HTTP_1_1)
                                .POST(body)
                                .build();
                var response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());

                assertThat(response.statusCode()).isEqualTo(200);
                assertThat(response.headers().firstValue("x-path")).hasValue("/p" + i);
                assertThat(response.body()).isEqualTo(sent);
            }
        }
    }

    @Test
    void server_upgraded_passesAHalfCloseOn() throws Exception {
        var address = serve();
        try (var socket = new Socket(address.getAddress(), address.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(
                            "GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello"
                                    .getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            var all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);

            assertThat(all).startsWith("HTTP/1.1 101 ").endsWith("\r\n\r\nhello");
        }
    }

    @Test
    void server_thatRefuses_isHeardBeforeTheEnd() throws Exception {
        var address = serve();
        try (var socket = new Socket(address.getAddress(), address.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(
                            ("POST / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n" + "x".repeat(200_000))
                                    .getBytes(StandardCharsets.US_ASCII));
            var all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);

            assertThat(all).startsWith("HTTP/1.1 400 ").endsWith("Bad Request");
        }
    }

    /// Sends two requests, one after the other, and collects the second's answer.
    private static final class Twice implements ClientConnection.Owner, ClientStream.Inlet {
        private final byte[] body;
        private final CompletableFuture<byte[]> done;
        private ByteBuf got = Unpooled.buffer();
        private @Nullable ClientStream stream;
        private int sent;
        private int requests;

        Twice(byte[] body, CompletableFuture<byte[]> done) {
            this.body = body;
            this.done = done;
        }

        void start(ClientConnection connection) {
            requests++;
            sent = 0;
            got = Unpooled.buffer();
            stream =
                    connection.send(
                            new RequestHead(
                                    HttpVersion.HTTP_1_1,
                                    "POST",
                                    "http",
                                    "localhost",
                                    "/",
                                    new Headers(),
                                    null),
                            true,
                            this);
            more(256 << 10);
        }

        private ClientStream stream() {
            return Objects.requireNonNull(stream);
        }

        private void more(int bytes) {
            int count = Math.min(bytes, body.length - sent);
            if (count > 0) {
                stream().writeData(Unpooled.wrappedBuffer(body, sent, count));
                sent += count;
                if (sent == body.length) {
                    stream().end(new Headers());
                }
            }
            stream().flush();
        }

        @Override
        public void onTaken(int bytes) {
            if (sent < body.length) {
                more(bytes);
            }
        }

        @Override
        public void onInformational(ResponseHead head) {}

        @Override
        public void onHead(ResponseHead head, boolean bodyFollows) {}

        @Override
        public void onData(ByteBuf bytes) {
            int count = bytes.readableBytes();
            got.writeBytes(bytes);
            bytes.release();
            stream().grant(count);
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd(Headers trailers) {}

        @Override
        public void onRoom(ClientConnection connection) {
            if (requests < 2) {
                start(connection);
            } else {
                var bytes = new byte[got.readableBytes()];
                got.readBytes(bytes);
                done.complete(bytes);
                connection.drain();
            }
        }

        @Override
        public void onReset(StreamReset reason) {
            done.completeExceptionally(new AssertionError(reason.toString()));
        }

        @Override
        public void onDraining(ClientConnection connection) {}

        @Override
        public void onClosed(ClientConnection connection, StreamReset reason) {
            done.completeExceptionally(new AssertionError("closed: " + reason));
        }
    }

    @Test
    void client_isEchoedByALibrarysServer() throws Exception {
        var server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        var body = exchange.getRequestBody().readAllBytes();
                        exchange.sendResponseHeaders(200, 0);
                        exchange.getResponseBody().write(body);
                    }
                });
        server.start();
        var done = new CompletableFuture<byte[]>();
        var sent = large();
        var owner = new Twice(sent, done);
        var connect =
                new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        SocketDuplex.prepare(channel, HboneLimits.defaults());
                        channel.pipeline()
                                .addLast(
                                        new ChannelInboundHandlerAdapter() {
                                            @Override
                                            public void channelActive(ChannelHandlerContext ctx) {
                                                var duplex =
                                                        SocketDuplex.of(
                                                                ctx.channel(),
                                                                HboneLimits.defaults());
                                                owner.start(
                                                        Http1ClientConnection.over(
                                                                duplex,
                                                                Http1ClientOptions.defaults(),
                                                                owner));
                                            }
                                        });
                    }
                };
        try {
            new Bootstrap()
                    .group(loops)
                    .channel(NioSocketChannel.class)
                    .handler(connect)
                    .connect(server.getAddress())
                    .sync();

            assertThat(done.get(20, TimeUnit.SECONDS)).isEqualTo(sent);
        } finally {
            server.stop(0);
        }
    }
}
