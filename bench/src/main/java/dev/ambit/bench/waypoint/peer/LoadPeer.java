package dev.ambit.bench.waypoint.peer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.ambit.bench.proc.ProcessMemory;
import dev.ambit.hbone.ConnectReply;
import dev.ambit.hbone.ConnectRequest;
import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.HboneFault;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.HbonePool;
import dev.ambit.hbone.HboneServer;
import dev.ambit.hbone.IncomingConnect;
import dev.ambit.hbone.Opened;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.hbone.TunnelDialer;
import dev.ambit.identity.ca.LocalAuthority;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// `LoadPeer SOCKET CA-DIRECTORY WAYPOINT-ADDRESS PORT…`: every ztunnel (port 15008 of every
/// address), applications outside of the mesh (the ports), and the clients. Takes one load after
/// the other as lines of JSON on SOCKET, see {@link #load}.
public final class LoadPeer {
    private static final int HBONE = 15_008;
    private static final int STREAM_WINDOW = 64 << 10;
    private static final int BACKLOG = 1_024;
    private static final long PATIENCE_SECONDS = 120;
    private static final Duration HOUR = Duration.ofHours(1);

    private final HboneLimits limits = HboneLimits.defaults();
    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final EventLoop loop = loops.next();
    private final Identities.Tunnel server;
    private final HbonePool<InetSocketAddress, Boolean> pool;
    private final InetSocketAddress waypoint;

    private LoadPeer(LocalAuthority authority, InetSocketAddress waypoint) throws Exception {
        this.waypoint = waypoint;
        server = new Identities.Tunnel(Identities.tls(authority, "mesh", "any"), true);
        var client = new Identities.Tunnel(Identities.tls(authority, "bench", "client"), false);
        pool =
                new HbonePool<>(
                        loop, clientLimits(), (to, on, whenDone) -> dial(to, on, client, whenDone));
    }

    /// Windows so small that a hundred readers who don't read leave room in their tunnel's.
    private HboneLimits clientLimits() {
        return limits.with(
                STREAM_WINDOW,
                limits.connectionWindowBytes(),
                limits.maxFrameBytes(),
                limits.maxClientStreams(),
                limits.poolIdle());
    }

    public static void main(String[] arguments) throws Exception {
        var authority = LocalAuthority.load(Path.of(arguments[1]), "root", Clock.systemUTC(), HOUR);
        var peer = new LoadPeer(authority, new InetSocketAddress(arguments[2], HBONE));
        peer.listen(HBONE, peer::acceptTunnel);
        for (int i = 3; i < arguments.length; i++) {
            int port = Integer.parseInt(arguments[i]);
            peer.listen(port, socket -> answer(SocketDuplex.of(socket, peer.limits), port));
        }
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(arguments[0]));
            System.out.println("ready " + arguments[0]);
            while (true) {
                var connection = server.accept();
                try (var in = new BufferedReader(Channels.newReader(connection, UTF_8));
                        var out = Channels.newWriter(connection, UTF_8)) {
                    for (var line = in.readLine(); line != null; line = in.readLine()) {
                        out.write(peer.told(line) + "\n");
                        out.flush();
                    }
                }
            }
        }
    }

    private JsonObject told(String line) {
        try {
            return load(JsonParser.parseString(line).getAsJsonObject());
        } catch (Exception failed) {
            var told = new JsonObject();
            told.addProperty("error", String.valueOf(failed));
            return told;
        }
    }

    private void listen(int port, Consumer<Channel> accepted) throws InterruptedException {
        new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel socket) {
                                SocketDuplex.prepare(socket, limits);
                                socket.pipeline()
                                        .addLast(
                                                new ChannelInboundHandlerAdapter() {
                                                    @Override
                                                    public void channelActive(
                                                            io.netty.channel.ChannelHandlerContext
                                                                    ctx) {
                                                        ctx.pipeline().remove(this);
                                                        accepted.accept(ctx.channel());
                                                    }
                                                });
                            }
                        })
                .bind(port)
                .sync();
    }

    private void acceptTunnel(Channel socket) {
        HboneServer.accept(
                socket,
                server,
                limits,
                new HboneServer.Events<Boolean>() {
                    @Override
                    public void onConnect(IncomingConnect<Boolean> connect) {
                        var to = connect.request().authority();
                        int port = Integer.parseInt(to.substring(to.lastIndexOf(':') + 1));
                        answer(connect.accept(ConnectReply.status(200)), port);
                    }

                    @Override
                    public void onFault(HboneFault fault) {
                        System.out.println("tunnel: " + fault);
                    }

                    @Override
                    public void onClosed() {}
                });
    }

    private static void answer(Duplex duplex, int port) {
        duplex.attach(new Application(duplex, port));
    }

    private void dial(
            InetSocketAddress to,
            EventLoop on,
            Identities.Tunnel tls,
            Consumer<TunnelDialer.Dialled<Boolean>> whenDone) {
        new Bootstrap()
                .group(on)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel socket) {}
                        })
                .connect(to)
                .addListener(
                        (io.netty.channel.ChannelFutureListener)
                                connected ->
                                        whenDone.accept(
                                                connected.isSuccess()
                                                        ? new TunnelDialer.Dialled.Connected<>(
                                                                connected.channel(), tls)
                                                        : new TunnelDialer.Dialled.Failed<>(
                                                                new HboneFault(
                                                                        HboneFault.Stage.CONNECT,
                                                                        String.valueOf(
                                                                                connected
                                                                                        .cause())))));
    }

    /// @param ask `kind`, `to`, `path`, `host`; `direct` when it goes past the waypoint to the
    ///   address of `to`; `connections`, `streams` on each, and the fields of {@link Load.Plan}
    private JsonObject load(JsonObject ask) throws Exception {
        var to = ask.get("to").getAsString();
        var via =
                ask.has("direct")
                        ? new InetSocketAddress(to.substring(0, to.lastIndexOf(':')), HBONE)
                        : waypoint;
        int connections = ask.get("connections").getAsInt();
        var duplexes = new ArrayList<Duplex>();
        try {
            for (int i = 0; i < connections; i++) {
                duplexes.add(open(via, to).get(PATIENCE_SECONDS, TimeUnit.SECONDS));
            }
            if (ask.has("slow")) {
                return slow(ask, duplexes);
            }
            return loop.submit(() -> begin(ask, duplexes))
                    .get()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } finally {
            loop.submit(() ->
                            duplexes.forEach(duplex -> {
                                duplex.endOutput();
                                duplex.flush();
                            }))
                    .sync();
        }
    }

    private CompletableFuture<Duplex> open(InetSocketAddress via, String to) {
        var opened = new CompletableFuture<Duplex>();
        var request =
                new ConnectRequest(
                        "CONNECT",
                        to,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());
        loop.execute(() ->
                pool.open(
                        via,
                        request,
                        reply -> {
                            if (reply instanceof Opened.Stream<Boolean> good) {
                                opened.complete(good.stream());
                            } else {
                                opened.completeExceptionally(
                                        new IOException("CONNECT " + to + ": " + reply));
                            }
                        }));
        return opened;
    }

    /// Big answers that nobody reads on.
    private JsonObject slow(JsonObject ask, ArrayList<Duplex> duplexes) throws Exception {
        byte[] request = Http1.request(ask.get("host").getAsString(), BigAnswer.PATH, 0);
        var readers = new ArrayList<SlowReader>();
        loop.submit(() ->
                        duplexes.forEach(duplex -> {
                            var reader = new SlowReader();
                            readers.add(reader);
                            duplex.attach(reader);
                            duplex.write(Buffers.of(request));
                            duplex.flush();
                        }))
                .sync();
        Thread.sleep(ask.get("window").getAsLong());
        var told = new JsonObject();
        long rss = ProcessMemory.of(ask.get("watched").getAsLong()).rss();
        told.addProperty("rss", rss);
        told.addProperty(
                "answered",
                loop.submit(() -> readers.stream().filter(r -> r.read() > 0).count()).get());
        told.addProperty(
                "failed",
                loop.submit(() -> readers.stream().filter(SlowReader::isOver).count()).get());
        told.addProperty(
                "read",
                loop.submit(() -> readers.stream().mapToLong(SlowReader::read).sum()).get());
        return told;
    }

    private CompletableFuture<JsonObject> begin(JsonObject ask, ArrayList<Duplex> duplexes) {
        var kind = Kind.named(ask.get("kind").getAsString());
        var host = ask.get("host").getAsString();
        var path = ask.get("path").getAsString();
        int streams = ask.get("streams").getAsInt();
        var clients = new ArrayList<Client>();
        var load =
                new Load(
                        loop,
                        clients,
                        new Load.Plan(
                                ask.get("rate").getAsInt(),
                                ask.get("warmup").getAsLong(),
                                ask.get("window").getAsLong(),
                                ask.get("leastCpu").getAsLong(),
                                ask.get("most").getAsLong(),
                                ask.get("watched").getAsLong()));
        byte[] request = Http1.request(host, path, Kind.MESSAGE_BYTES);
        for (var duplex : duplexes) {
            if (kind == Kind.HTTP1) {
                var client = new Http1Client(duplex, request, load);
                clients.add(client);
                duplex.attach(client);
            } else {
                var client = new Http2Client(duplex, kind, host, path, streams, load);
                clients.add(client);
                duplex.attach(client);
            }
        }
        return load.start();
    }
}
