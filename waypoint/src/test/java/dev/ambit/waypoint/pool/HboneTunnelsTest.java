package dev.ambit.waypoint.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.ConnectReply;
import dev.ambit.hbone.ConnectRequest;
import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.HboneFault;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.HboneServer;
import dev.ambit.hbone.IncomingConnect;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.Splice;
import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.TrustBundle;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import dev.ambit.identity.revocation.Revocation;
import dev.ambit.identity.tls.TlsSettings;
import dev.ambit.process.SteadyEpoll;
import dev.ambit.process.tls.Identities;
import dev.ambit.process.tls.PeerProof;
import dev.ambit.waypoint.model.Originate;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tunnels to a real node on the loopback, which is its own gateway too.
class HboneTunnelsTest {
    private static final SpiffeId SELF = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/wp");
    private static final SpiffeId NODE = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/cart");
    private static final Clock CLOCK = Clock.systemUTC();
    private static final HboneLimits LIMITS = HboneLimits.defaults();
    private static final String BAGGAGE = "k8s.deployment.name=wp,k8s.namespace.name=shop";

    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, SteadyEpoll.newFactory());
    private final EventLoop loop = (EventLoop) loops.next();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final List<ConnectRequest> requests = new CopyOnWriteArrayList<>();
    private final List<Channel> tunnels = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Tunnels.Opened> answers = new LinkedBlockingQueue<>();

    private volatile Originate originate = Originate.DEFAULTS;
    private volatile Optional<TunnelSettings> settings = Optional.empty();

    @TempDir Path home;

    private LocalAuthority authority;
    private Revocation revocation;
    private CertificateStore certificates;
    private Channel node;
    private HboneTunnels ours;

    @BeforeEach
    void open() throws Exception {
        authority = LocalAuthority.load(home, "mesh", CLOCK, Duration.ofDays(2));
        revocation = Revocation.of(home.resolve("list.der"), false, IdentityLimits.defaults());
        revocation.load();
        certificates =
                new CertificateStore(
                        this::issue,
                        IdentityLimits.defaults(),
                        CLOCK,
                        new SplittableRandom(1),
                        timer,
                        task -> Thread.ofVirtual().start(task));
        certificates.get(SELF).get();
        certificates.get(NODE).get();
        var identities =
                new Identities(
                        certificates,
                        CLOCK,
                        IdentityLimits.defaults(),
                        new TlsSettings(false, false, revocation),
                        Duration.ofSeconds(10));
        node = listen(channel -> accept(channel, identities));
        ours =
                new HboneTunnels(
                        loop,
                        LIMITS,
                        identities,
                        SELF,
                        new HboneTunnels.Asking(
                                () -> Set.of("cluster.local"),
                                () -> settings,
                                () -> originate,
                                () -> BAGGAGE,
                                "net-own"),
                        new TcpSockets(LIMITS),
                        Duration.ofSeconds(5));
    }

    @AfterEach
    void close() throws Exception {
        node.close().sync();
        tunnels.forEach(channel -> channel.close().syncUninterruptibly());
        certificates.close();
        timer.shutdownNow();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    private WorkloadCertificate issue(SpiffeId id) {
        var request = KeyAndCsr.forIdentity(id);
        try {
            var chain = authority.sign(request.pem(), id, Duration.ofHours(1));
            return new WorkloadCertificate(
                    id,
                    request.keys().getPrivate(),
                    Pem.certificates(chain.getFirst()),
                    new TrustBundle(Pem.certificates(chain.getLast())));
        } catch (CertificateException broken) {
            throw new AssertionError(broken);
        }
    }

    // ---- the node

    private Channel listen(Consumer<Channel> accepted) throws InterruptedException {
        return new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                channel.pipeline().addLast(new Handing(accepted));
                            }
                        })
                .bind("127.0.0.1", 0)
                .sync()
                .channel();
    }

    private static final class Handing extends ChannelInboundHandlerAdapter {
        private final Consumer<Channel> accepted;

        Handing(Consumer<Channel> accepted) {
            this.accepted = accepted;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.pipeline().remove(this);
            accepted.accept(ctx.channel());
        }
    }

    private void accept(Channel channel, Identities identities) {
        tunnels.add(channel);
        identities.get(
                NODE,
                loop,
                answer -> {
                    if (answer instanceof Identities.Answer.Ready(var tls)) {
                        HboneServer.accept(channel, Identities.server(tls), LIMITS, new Node());
                    }
                });
    }

    /// Says who it is; what a gateway is asked for is handed to itself.
    private final class Node implements HboneServer.Events<PeerProof> {
        @Override
        public void onConnect(IncomingConnect<PeerProof> connect) {
            requests.add(connect.request());
            boolean outer =
                    connect.request().authority().startsWith("cart.")
                            && connect.request().forwardedNetwork().isEmpty();
            if (!outer) {
                connect.accept(ConnectReply.ok("service.name=cart"));
                return;
            }
            var stream = connect.accept(ConnectReply.status(200));
            new TcpSockets(LIMITS)
                    .connect(
                            (InetSocketAddress) node.localAddress(),
                            Optional.empty(),
                            Duration.ofSeconds(5),
                            loop,
                            connected -> {
                                if (connected
                                        instanceof
                                        DirectSockets.Connected.Ready(var bytes, var _)) {
                                    Splice.join(stream, bytes, _ -> {});
                                }
                            });
        }

        @Override
        public void onFault(HboneFault fault) {}

        @Override
        public void onClosed() {}
    }

    private Tunnels.Opened.Ready open(Target target) throws InterruptedException {
        loop.execute(() -> {
            switch (target) {
                case Target.Tunnel tunnel -> ours.open(tunnel, answers::add);
                case Target.GatewayTunnel tunnel -> ours.open(tunnel, answers::add);
                case Target.Direct _ -> throw new AssertionError("not a tunnel");
            }
        });
        var answer = Objects.requireNonNull(answers.poll(30, TimeUnit.SECONDS), "no answer");
        assertThat(answer).isInstanceOf(Tunnels.Opened.Ready.class);
        return (Tunnels.Opened.Ready) answer;
    }

    private Target.Tunnel pod() {
        return new Target.Tunnel((InetSocketAddress) node.localAddress(), "10.0.0.2:80");
    }

    private Target.GatewayTunnel service() {
        return new Target.GatewayTunnel(
                (InetSocketAddress) node.localAddress(), "cart.shop.svc:80");
    }

    // ---- what CONNECTs carry

    @Test
    void connect_carriesNothingMore_unlessConfigured() throws Exception {
        open(pod());
        assertThat(requests.getFirst().baggage()).isEmpty();
        assertThat(requests.getFirst().source()).isEmpty();
        assertThat(requests.getFirst().forwardedNetwork()).isEmpty();
    }

    @Test
    void connect_carriesOwnBaggage_whereItIsOn() throws Exception {
        originate = new Originate(true, Optional.of("net-one"), Optional.of("waypoint"));
        open(pod());
        assertThat(requests.getFirst().baggage()).contains(BAGGAGE);
        assertThat(requests.getFirst().source()).as("to our own network").isEmpty();
        assertThat(requests.getFirst().forwardedNetwork()).isEmpty();
    }

    @Test
    void otherNetwork_outerSaysWhoAsks_innerWhereFrom() throws Exception {
        originate = new Originate(true, Optional.of("net-one"), Optional.of("waypoint"));
        open(service());
        assertThat(requests).hasSize(2);
        var outer = requests.get(0);
        assertThat(outer.source()).contains("waypoint");
        assertThat(outer.baggage()).isEmpty();
        var inner = requests.get(1);
        assertThat(inner.source()).isEmpty();
        assertThat(inner.forwardedNetwork()).contains("net-one");
        assertThat(inner.baggage()).contains(BAGGAGE);
    }

    @Test
    void otherNetwork_withoutConfiguration_isToldOurOwnNetwork() throws Exception {
        open(service());
        assertThat(requests.get(1).forwardedNetwork()).contains("net-own");
    }

    @Test
    void answer_tellsWhoIsThere_andWhatItSays() throws Exception {
        var peer = open(pod()).peer();
        assertThat(peer.principal()).isEqualTo(NODE.toString());
        assertThat(peer.baggage()).isEqualTo("service.name=cart");
    }

    // ---- settings

    @Test
    void sameSettings_shareATunnel_changedOnesGetTheirOwn() throws Exception {
        settings = Optional.of(new TunnelSettings(Duration.ofHours(1), 0, 0));
        open(pod());
        settings = Optional.of(new TunnelSettings(Duration.ofHours(1), 0, 0));
        open(pod());
        assertThat(tunnels).hasSize(1);
        settings = Optional.of(new TunnelSettings(Duration.ofHours(1), 100_000, 200_000));
        open(pod());
        assertThat(tunnels).hasSize(2);
        assertThat(tunnels).as("the first stays for its streams").allMatch(Channel::isOpen);
    }

    @Test
    void settings_areLaidOverOurLimits() {
        var limits = new TunnelSettings(Duration.ofHours(1), 20 << 20, 0).over(LIMITS);
        assertThat(limits.poolIdle()).isEqualTo(Duration.ofHours(1));
        assertThat(limits.streamWindowBytes()).isEqualTo(20 << 20);
        assertThat(limits.connectionWindowBytes()).as("at least a stream's").isEqualTo(20 << 20);
        var usual = new TunnelSettings(Duration.ofMinutes(5), 0, 0).over(LIMITS);
        assertThat(usual).isEqualTo(LIMITS);
        assertThat(new TunnelSettings(Duration.ZERO, 0, 0).over(LIMITS).poolIdle())
                .isEqualTo(Duration.ofDays(365));
    }

    // ---- revoked peers

    @Test
    void openTunnels_areCut_whenThePeersCertificateIsRevoked() throws Exception {
        var bytes = open(pod()).bytes();
        var ends = new LinkedBlockingQueue<ResetReason>();
        loop.submit(() -> bytes.attach(new Ends(ends))).sync();
        var leaf = certificates.current(NODE).orElseThrow().leaf();
        loop.submit(ours::cutRevoked).sync();
        assertThat(ends.poll()).as("nothing is revoked yet").isNull();

        Files.write(home.resolve("list.der"), RevocationList.der(home, leaf));
        revocation.load();
        loop.submit(ours::cutRevoked).sync();

        var end = ends.poll(30, TimeUnit.SECONDS);
        assertThat(end).isNotNull();
        assertThat(end.detail()).contains("revoked");
    }

    private record Ends(BlockingQueue<ResetReason> resets) implements Duplex.Inlet {
        @Override
        public void onBytes(ByteBuf bytes) {
            bytes.release();
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd() {}

        @Override
        public void onReset(ResetReason reason) {
            resets.add(reason);
        }

        @Override
        public void onTaken(int bytes) {}
    }
}
