package dev.ambit.hbone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What every pair of tunnel ends must do, seen from two applications: bytes, ends and resets as on
/// a TCP connection. Run with our ends on both sides, and with Netty's stock codec on either.
///
/// Client application → entry socket → (tunnel) → server application's socket.
@Timeout(60)
abstract class TunnelContractTest {
    static final Executor VIRTUAL = task -> Thread.ofVirtual().start(task);

    EventLoopGroup group;
    final List<Channel> channels = new ArrayList<>();
    TestApplication application;
    InetSocketAddress entry;

    /// Small, so that each transfer crosses every limit many times.
    static HboneLimits limits(int window, int frame) {
        var d = HboneLimits.defaults();
        return new HboneLimits(
                window,
                Math.max(65_535, window),
                Math.max(65_535, window) * 2,
                frame,
                d.maxHeaderListBytes(),
                d.maxServerStreams(),
                d.maxClientStreams(),
                d.maxTunnelsPerKey(),
                d.maxWaitingPerKey(),
                d.tlsHandshake(),
                d.settings(),
                d.connectReply(),
                d.connectAnswer(),
                d.pingInterval(),
                d.pingTimeout(),
                d.poolWait(),
                d.poolIdle(),
                20_000,
                64 << 10,
                64 << 10,
                d.readBufferLeastBytes(),
                d.readBufferMostBytes(),
                d.outerLinger());
    }

    abstract InetSocketAddress startServer(InetSocketAddress application) throws Exception;

    abstract InetSocketAddress startClient(InetSocketAddress server) throws Exception;

    @BeforeEach
    void start() throws Exception {
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        application = new TestApplication();
        entry = startClient(startServer(application.address()));
    }

    @AfterEach
    void stop() throws Exception {
        application.close();
        channels.forEach(channel -> channel.close().syncUninterruptibly());
        group.shutdownGracefully(50, 5_000, TimeUnit.MILLISECONDS).sync();
    }

    Channel listen(Consumer<Channel> accepted) throws InterruptedException {
        var channel =
                new ServerBootstrap()
                        .group(group)
                        .channel(EpollServerSocketChannel.class)
                        .childHandler(
                                new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel ch) {
                                        SocketDuplex.prepare(ch, limits(1 << 16, 1 << 14));
                                        ch.pipeline().addLast(new Starter(accepted));
                                    }
                                })
                        .bind(InetAddress.getLoopbackAddress(), 0)
                        .sync()
                        .channel();
        channels.add(channel);
        return channel;
    }

    static void dial(EventLoop loop, InetSocketAddress to, Consumer<Channel> connected) {
        new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                .handler(
                        new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel ch) {
                                SocketDuplex.prepare(ch, limits(1 << 16, 1 << 14));
                            }
                        })
                .connect(to)
                .addListener((io.netty.channel.ChannelFuture future) ->
                        connected.accept(future.channel()));
    }

    /// Our server end: each CONNECT is spliced to the application.
    InetSocketAddress ourServer(HboneLimits limits, InetSocketAddress application)
            throws Exception {
        var tls = TestTls.server("server", "client");
        return (InetSocketAddress)
                listen(channel ->
                                HboneServer.accept(
                                        channel, tls, limits, connects(limits, application)))
                        .localAddress();
    }

    private static HboneServer.Events<String> connects(
            HboneLimits limits, InetSocketAddress application) {
        return new HboneServer.Events<>() {
            @Override
            public void onConnect(IncomingConnect<String> connect) {
                if (!connect.request().authority().equals("app:80")) {
                    connect.refuse(400);
                    return;
                }
                dial(
                        connect.loop(),
                        application,
                        channel -> {
                            var socket = SocketDuplex.of(channel, limits);
                            Splice.join(connect.accept(ConnectReply.ok("k=v")), socket, _ -> {});
                        });
            }

            @Override
            public void onFault(HboneFault fault) {}

            @Override
            public void onClosed() {}
        };
    }

    /// Our client end: each accepted socket becomes a stream to `server`.
    InetSocketAddress ourClient(HboneLimits limits, InetSocketAddress server) throws Exception {
        return ourClient(
                limits,
                server,
                (stream, joined) ->
                        joined.accept(
                                new Opened.Stream<>(stream, ConnectReply.status(200), "server")));
    }

    /// @param further what is put into the stream, before it is joined with the socket
    InetSocketAddress ourClient(
            HboneLimits limits,
            InetSocketAddress server,
            BiConsumer<HboneStream, Consumer<Opened<String>>> further)
            throws Exception {
        var loop = group.next();
        var tls = TestTls.client("client", "server");
        var pool =
                new HbonePool<String, String>(
                        loop,
                        limits,
                        (_, on, whenDone) ->
                                dial(
                                        on,
                                        server,
                                        channel ->
                                                whenDone.accept(
                                                        new TunnelDialer.Dialled.Connected<>(
                                                                channel, tls))));
        return (InetSocketAddress)
                listen(
                                channel -> {
                                    var socket = SocketDuplex.of(channel, limits);
                                    pool.open(
                                            "key",
                                            ConnectRequest.to("app:80", "", "", ""),
                                            opened -> joined(socket, opened, further));
                                })
                        .localAddress();
    }

    private static void joined(
            SocketDuplex socket,
            Opened<String> opened,
            BiConsumer<HboneStream, Consumer<Opened<String>>> further) {
        switch (opened) {
            case Opened.Stream<String>(var stream, _, var peer) -> {
                assertThat(peer).isEqualTo("server");
                further.accept(stream, then -> splice(socket, then));
            }
            case Opened.Refused<String> _, Opened.Failed<String> _ ->
                    socket.reset(new ResetReason(ResetReason.Kind.LOCAL, "no tunnel"));
        }
    }

    private static void splice(SocketDuplex socket, Opened<String> opened) {
        switch (opened) {
            case Opened.Stream<String>(var stream, _, _) -> Splice.join(socket, stream, _ -> {});
            case Opened.Refused<String> _, Opened.Failed<String> _ ->
                    socket.reset(new ResetReason(ResetReason.Kind.LOCAL, "no tunnel"));
        }
    }

    static final class Starter extends ChannelInboundHandlerAdapter {
        private final Consumer<Channel> accepted;

        Starter(Consumer<Channel> accepted) {
            this.accepted = accepted;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.pipeline().remove(this);
            accepted.accept(ctx.channel());
        }
    }

    // ---- the contract

    @Test
    void bytes_bothWays_arriveWholeAndInOrder() throws Exception {
        var random = new Random(7);
        var sent = new byte[3_000_000];
        random.nextBytes(sent);
        try (var socket = connect()) {
            var served = application.next();
            var echoed = CompletableFuture.supplyAsync(() -> echo(served), VIRTUAL);
            var received =
                    CompletableFuture.supplyAsync(() -> readFully(socket, sent.length), VIRTUAL);
            int at = 0;
            while (at < sent.length) {
                int n = Math.min(sent.length - at, 1 + random.nextInt(100_000));
                socket.getOutputStream().write(sent, at, n);
                at += n;
            }
            assertThat(received.get()).isEqualTo(sent);
            socket.shutdownOutput();
            assertThat(echoed.get()).isEqualTo(sent.length);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void clientEndsItsDirection_serverStillSends() throws Exception {
        try (var socket = connect();
                var served = application.next()) {
            socket.getOutputStream().write("question".getBytes(UTF_8));
            socket.shutdownOutput();
            assertThat(served.getInputStream().readAllBytes())
                    .isEqualTo("question".getBytes(UTF_8));
            served.getOutputStream().write(new byte[200_000]);
            served.shutdownOutput();
            assertThat(socket.getInputStream().readAllBytes()).hasSize(200_000);
        }
    }

    @Test
    void serverEndsItsDirection_clientStillSends() throws Exception {
        try (var socket = connect();
                var served = application.next()) {
            served.getOutputStream().write("greeting".getBytes(UTF_8));
            served.shutdownOutput();
            assertThat(socket.getInputStream().readAllBytes())
                    .isEqualTo("greeting".getBytes(UTF_8));
            socket.getOutputStream().write(new byte[200_000]);
            socket.shutdownOutput();
            assertThat(served.getInputStream().readAllBytes()).hasSize(200_000);
        }
    }

    @Test
    void clientResets_serverSeesReset() throws Exception {
        var socket = connect();
        var served = application.next();
        socket.getOutputStream().write(1);
        assertThat(served.getInputStream().read()).isEqualTo(1);
        socket.setSoLinger(true, 0);
        socket.close();
        assertThat(readToEnd(served)).isInstanceOf(SocketException.class);
    }

    @Test
    void serverResets_clientSeesReset() throws Exception {
        var socket = connect();
        var served = application.next();
        socket.getOutputStream().write(1);
        assertThat(served.getInputStream().read()).isEqualTo(1);
        served.setSoLinger(true, 0);
        served.close();
        assertThat(readToEnd(socket)).isInstanceOf(SocketException.class);
        socket.close();
    }

    /// A reader that does not read, and then is gone, must not hold back the others' bytes.
    @Test
    void pausedReaderThatCloses_doesNotStarveOthers() throws Exception {
        for (int round = 0; round < 8; round++) {
            var stuck = connect();
            var served = application.next();
            var writer = CompletableFuture.runAsync(() -> writeUntilItFails(served), VIRTUAL);
            assertThat(stuck.getInputStream().read()).isZero();
            stuck.setSoLinger(true, 0);
            stuck.close();
            writer.get();
        }
        bytes_bothWays_arriveWholeAndInOrder();
    }

    @Test
    void manyStreams_atOnce_shareATunnelFairly() throws Exception {
        var clients = new ArrayList<Socket>();
        var transfers = new ArrayList<CompletableFuture<byte[]>>();
        for (int i = 0; i < 20; i++) {
            var socket = connect();
            var served = application.next();
            CompletableFuture.runAsync(() -> echo(served), VIRTUAL);
            clients.add(socket);
            transfers.add(CompletableFuture.supplyAsync(() -> readFully(socket, 300_000), VIRTUAL));
        }
        for (var socket : clients) {
            socket.getOutputStream().write(new byte[300_000]);
        }
        for (var transfer : transfers) {
            assertThat(transfer.get()).hasSize(300_000);
        }
        for (var socket : clients) {
            socket.close();
        }
    }

    Socket connect() throws Exception {
        var socket = new Socket();
        socket.connect(entry, 5_000);
        return socket;
    }

    private static int echo(Socket socket) {
        int total = 0;
        try (socket) {
            var buffer = new byte[32_768];
            int n;
            while ((n = socket.getInputStream().read(buffer)) > 0) {
                socket.getOutputStream().write(buffer, 0, n);
                total += n;
            }
        } catch (Exception closed) {
            // The test sees what is missing.
        }
        return total;
    }

    private static byte[] readFully(Socket socket, int length) {
        try {
            return socket.getInputStream().readNBytes(length);
        } catch (Exception broken) {
            throw new AssertionError(broken);
        }
    }

    private static void writeUntilItFails(Socket socket) {
        try (socket) {
            var chunk = new byte[16_384];
            for (int i = 0; i < 10_000; i++) {
                socket.getOutputStream().write(chunk);
            }
            throw new AssertionError("160 MB went to a reader that does not read");
        } catch (java.io.IOException expected) {
            // The reset arrived.
        }
    }

    static Object readToEnd(Socket socket) {
        try {
            InputStream in = socket.getInputStream();
            while (in.read() >= 0) {
                // Whatever was on its way.
            }
            return "end of stream";
        } catch (Exception reset) {
            return reset;
        }
    }
}
