package dev.ambit.e2e.envoy;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import dev.ambit.identity.tls.WorkloadTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.SslHandler;
import java.io.BufferedReader;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Everybody around a waypoint, in one process in its namespace: every ztunnel with the pods behind
/// it (port 15008 of every address), applications that are not in the mesh, and the clients.
/// `EnvoyPeer SOCKET CA-DIRECTORY WAYPOINT-ADDRESS PORT…`: takes requests as lines of JSON on
/// SOCKET.
public final class EnvoyPeer {
    private static final int HBONE = 15008;
    private static final Duration HOUR = Duration.ofHours(1);

    private final EventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoopGroup local =
            new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
    private final LocalAuthority authority;
    private final Map<String, Integer> asked = Backend.counts();
    private final Map<String, WorkloadTls> identities = new ConcurrentHashMap<>();

    private EnvoyPeer(LocalAuthority authority) {
        this.authority = authority;
    }

    public static void main(String[] arguments) throws Exception {
        var authority = LocalAuthority.load(Path.of(arguments[1]), "root", Clock.systemUTC(), HOUR);
        var peer = new EnvoyPeer(authority);
        peer.serveTunnels();
        for (int i = 3; i < arguments.length; i++) {
            peer.serve(Integer.parseInt(arguments[i]));
        }
        var client = new HboneClient(peer.loops, new InetSocketAddress(arguments[2], HBONE));
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(arguments[0]));
            System.out.println("ready " + arguments[0]);
            while (true) {
                var connection = server.accept();
                try (var in = new BufferedReader(Channels.newReader(connection, UTF_8));
                        var out = Channels.newWriter(connection, UTF_8)) {
                    for (var line = in.readLine(); line != null; line = in.readLine()) {
                        out.write(peer.answer(client, line) + "\n");
                        out.flush();
                    }
                }
            }
        }
    }

    private JsonObject answer(HboneClient client, String line) {
        try {
            var request = JsonParser.parseString(line).getAsJsonObject();
            var id = request.has("as") ? request.get("as").getAsString() : "default/client";
            return client.ask(tls(id), request);
        } catch (Exception failed) {
            return HboneClient.error(failed.toString());
        }
    }

    /// @param account `namespace/service account`
    private WorkloadTls tls(String account) {
        return identities.computeIfAbsent(
                account,
                a -> {
                    try {
                        var parts = a.split("/", 2);
                        var id = new SpiffeId("cluster.local", parts[0], parts[1]);
                        var csr = KeyAndCsr.forIdentity(id);
                        var chain = authority.sign(csr.pem(), id, HOUR);
                        return WorkloadTls.of(
                                new WorkloadCertificate(
                                        id,
                                        csr.keys().getPrivate(),
                                        Pem.certificates(
                                                String.join(
                                                        "", chain.subList(0, chain.size() - 1))),
                                        authority.trust()),
                                Clock.systemUTC(),
                                IdentityLimits.defaults());
                    } catch (Exception e) {
                        throw new IllegalStateException("identity " + a, e);
                    }
                });
    }

    /// A destination's ztunnel: any authority is delivered to an application of that address.
    private void serveTunnels() throws InterruptedException {
        new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel socket) {
                                var ssl = tls("mesh/any").newServerHandler(socket.alloc());
                                socket.pipeline()
                                        .addLast(
                                                ssl,
                                                Http2FrameCodecBuilder.forServer()
                                                        .initialSettings(
                                                                Http2Settings.defaultSettings()
                                                                        .connectProtocolEnabled(
                                                                                true))
                                                        .build(),
                                                new Http2MultiplexHandler(new Tunnel(ssl)));
                            }
                        })
                .bind(HBONE)
                .sync();
    }

    private void serve(int port) throws InterruptedException {
        new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel socket) {
                                var local = (InetSocketAddress) socket.localAddress();
                                var app = local.getAddress().getHostAddress() + ":" + port;
                                socket.pipeline().addLast(new Backend(app, "", asked));
                            }
                        })
                .bind(port)
                .sync();
    }

    private final class Tunnel extends ChannelInitializer<Channel> {
        private final SslHandler ssl;

        Tunnel(SslHandler ssl) {
            this.ssl = ssl;
        }

        @Override
        protected void initChannel(Channel stream) {
            stream.pipeline()
                    .addLast(
                            new SimpleChannelInboundHandler<Http2HeadersFrame>() {
                                @Override
                                protected void channelRead0(
                                        ChannelHandlerContext ctx, Http2HeadersFrame connect)
                                        throws Exception {
                                    accept(ctx, connect);
                                }
                            });
        }

        private void accept(ChannelHandlerContext ctx, Http2HeadersFrame connect) throws Exception {
            var to = String.valueOf(connect.headers().authority());
            var peer = ssl.engine().getSession().getPeerCertificates()[0];
            var names = ((java.security.cert.X509Certificate) peer).getSubjectAlternativeNames();
            var who = names == null ? "" : String.valueOf(names.iterator().next().get(1));
            ctx.writeAndFlush(
                    new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200"), false));
            ctx.pipeline()
                    .addLast(new TunnelBytes(), new LocalApp(local, new Backend(to, who, asked)));
            ctx.pipeline().remove(ctx.handler());
        }
    }
}
