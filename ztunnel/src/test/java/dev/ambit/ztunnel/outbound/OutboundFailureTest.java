package dev.ambit.ztunnel.outbound;

import static dev.ambit.ztunnel.MeshOf.workload;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.HboneFault;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.HboneServer;
import dev.ambit.hbone.IncomingConnect;
import dev.ambit.hbone.ResetReason;
import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.TrustBundle;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import dev.ambit.identity.tls.TlsSettings;
import dev.ambit.identity.tls.WorkloadTls;
import dev.ambit.linux.NamespaceThread;
import dev.ambit.linux.NetworkNamespace;
import dev.ambit.mesh.model.Workload;
import dev.ambit.process.tls.Identities;
import dev.ambit.process.tls.PeerProof;
import dev.ambit.ztunnel.MeshOf;
import dev.ambit.ztunnel.SteadyLoops;
import dev.ambit.ztunnel.inpod.PodInfo;
import dev.ambit.ztunnel.inpod.PodSockets;
import dev.ambit.ztunnel.pod.Dial;
import dev.ambit.ztunnel.pod.LocalWorkloads;
import dev.ambit.ztunnel.pod.Pod;
import dev.ambit.ztunnel.telemetry.ConnectionDescription;
import dev.ambit.ztunnel.telemetry.ConnectionReporter;
import dev.ambit.ztunnel.telemetry.Direction;
import dev.ambit.ztunnel.telemetry.OpenConnection;
import dev.ambit.ztunnel.telemetry.Outcome;
import dev.ambit.ztunnel.telemetry.ResponseFlag;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.net.InetSocketAddress;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A destination that can't be reached, on the loopback: each way has its own flag in the metrics.
class OutboundFailureTest {
    private static final Workload WEB = workload("web", "127.1.2.1").build();
    private static final Workload CART = workload("cart", "127.1.2.2").build();
    private static final Clock CLOCK = Clock.systemUTC();
    private static final HboneLimits LIMITS = HboneLimits.defaults();

    private final SteadyLoops loops = new SteadyLoops();
    private final LocalAuthority authority =
            LocalAuthority.create("mesh", CLOCK, Duration.ofDays(2));
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final CertificateStore certificates =
            new CertificateStore(
                    this::issue,
                    IdentityLimits.defaults(),
                    CLOCK,
                    new SplittableRandom(1),
                    timer,
                    task -> Thread.ofVirtual().start(task));
    private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
    private final List<Channel> servers = new ArrayList<>();
    private NamespaceThread thread;
    private NetworkNamespace here;

    @BeforeEach
    void enter() throws Exception {
        thread = new NamespaceThread("namespaces");
        here = NetworkNamespace.current();
        // What takes long the first time is no part of a connection's deadlines.
        tlsOf(CART).close();
        certificates.get(WEB.identity()).get();
    }

    @AfterEach
    void leave() throws Exception {
        for (var server : servers) {
            server.close().sync();
        }
        certificates.close();
        timer.shutdownNow();
        loops.close();
        thread.close();
        here.close();
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

    private final class Collecting implements ConnectionReporter {
        @Override
        public OpenConnection opened(ConnectionDescription connection) {
            return new OpenConnection() {
                @Override
                public void bytes(long received, long sent) {}

                @Override
                public void close(Outcome outcome, long received, long sent, Duration lasted) {
                    outcomes.add(outcome);
                }
            };
        }

        @Override
        public void earlyDeny(
                Direction direction,
                InetSocketAddress source,
                InetSocketAddress destination,
                String error) {
            throw new AssertionError(error);
        }

        @Override
        public void resolvedOnDemand(Workload source, String hostname) {}
    }

    /// An application that says nothing and is told nothing.
    private record Application(EventLoop loop) implements Duplex {
        @Override
        public void attach(Inlet inlet) {}

        @Override
        public void write(ByteBuf bytes) {
            bytes.release();
        }

        @Override
        public void flush() {}

        @Override
        public void endOutput() {}

        @Override
        public void reset(ResetReason reason) {}

        @Override
        public void grant(int bytes) {}
    }

    /// What comes of a connection to the cart.
    private Outcome.Failed call() throws Exception {
        var mesh = MeshOf.store(WEB, CART);
        var reporter = new Collecting();
        var workloads = new LocalWorkloads(mesh, Duration.ofSeconds(5));
        var identities =
                new Identities(
                        certificates,
                        CLOCK,
                        IdentityLimits.defaults(),
                        TlsSettings.usual(),
                        Duration.ofSeconds(10));
        var outbound =
                new Outbound(
                        loops.group(),
                        new OutboundRouter(mesh, Set.of(15001), new SplittableRandom(1)),
                        workloads,
                        identities,
                        reporter,
                        new Dial(Duration.ofSeconds(5), LIMITS, reporter, System::nanoTime),
                        (hostname, _, _) -> {
                            throw new AssertionError("asked for " + hostname);
                        },
                        "",
                        LIMITS,
                        new SplittableRandom(1),
                        System::nanoTime);
        var sockets = new PodSockets(thread, here, 0);
        var pod =
                new Pod(
                        new PodInfo("uid", WEB.name(), WEB.namespace(), WEB.serviceAccount()),
                        sockets);
        var loop = loops.next();
        loop.execute(() ->
                outbound.carry(
                        pod,
                        new Application(loop),
                        MeshOf.at("127.1.2.1", 4444),
                        new OriginalDst(MeshOf.at("127.1.2.2", 80))));
        try {
            var outcome = outcomes.poll(60, TimeUnit.SECONDS);
            assertThat(outcome).isInstanceOf(Outcome.Failed.class);
            return (Outcome.Failed) Objects.requireNonNull(outcome);
        } finally {
            sockets.close();
        }
    }

    private Channel cart(Consumer<Channel> accepted) throws Exception {
        var server =
                new ServerBootstrap()
                        .group(loops.group())
                        .channel(EpollServerSocketChannel.class)
                        .childOption(ChannelOption.AUTO_READ, false)
                        .childHandler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        channel.pipeline().addLast(new Handing(accepted));
                                    }
                                })
                        .bind("127.1.2.2", 15008)
                        .sync()
                        .channel();
        servers.add(server);
        return server;
    }

    /// Hands a connection on as soon as it is one.
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

    private WorkloadTls tlsOf(Workload workload) {
        return WorkloadTls.of(issue(workload.identity()), CLOCK, IdentityLimits.defaults());
    }

    private void hbone(Channel channel, Workload as, int status) {
        HboneServer.accept(
                channel,
                Identities.server(tlsOf(as)),
                LIMITS,
                new HboneServer.Events<PeerProof>() {
                    @Override
                    public void onConnect(IncomingConnect<PeerProof> connect) {
                        connect.refuse(status);
                    }

                    @Override
                    public void onFault(HboneFault fault) {}

                    @Override
                    public void onClosed() {}
                });
    }

    @Test
    void nobodyListens_isConnect() throws Exception {
        var failed = call();

        assertThat(failed.flag()).isEqualTo(ResponseFlag.CONNECT);
        assertThat(failed.text()).startsWith("connection failed: ").contains("refused");
    }

    @Test
    void peerThatDoesNotSpeakTls_isATlsFailure() throws Exception {
        cart(channel ->
                channel.writeAndFlush(Unpooled.copiedBuffer("SSH-2.0-OpenSSH_9.9\r\n", US_ASCII)));

        var failed = call();

        assertThat(failed.flag()).isEqualTo(ResponseFlag.TLS_FAILURE);
        assertThat(failed.text()).startsWith("tls handshake error: ");
    }

    @Test
    void peerOfAnotherIdentity_isAnIdentityError_namingBoth() throws Exception {
        cart(channel -> hbone(channel, WEB, 200));

        var failed = call();

        assertThat(failed.flag()).isEqualTo(ResponseFlag.IDENTITY_ERROR);
        assertThat(failed.text())
                .isEqualTo(
                        "identity verification error: peer did not present the expected SAN (%s),"
                                        .formatted(CART.identity())
                                + " got "
                                + WEB.identity());
    }

    @Test
    void peerThatDoesNotSpeakHttp2_isAHandshakeFailureOfThat() throws Exception {
        cart(channel -> {
            var handler = tlsOf(CART).newServerHandler(channel.alloc());
            handler.handshakeFuture()
                    .addListener(_ ->
                            channel.writeAndFlush(
                                    Unpooled.copiedBuffer(
                                            "HTTP/1.1 400 Bad Request\r\n", US_ASCII)));
            channel.pipeline().addLast(handler);
            channel.config().setAutoRead(true);
        });

        var failed = call();

        assertThat(failed.text()).startsWith("HTTP/2 error ").contains("not HTTP/2?");
        assertThat(failed.flag()).isEqualTo(ResponseFlag.H2_HANDSHAKE_FAILURE);
    }

    @Test
    void refusalByThePeersPolicy_isDeny_anotherStatusIsConnect() throws Exception {
        var first = cart(channel -> hbone(channel, CART, 401));
        var denied = call();
        first.close().sync();
        cart(channel -> hbone(channel, CART, 503));
        var unavailable = call();

        assertThat(denied)
                .isEqualTo(new Outcome.Failed(ResponseFlag.DENY, "http status: 401 Unauthorized"));
        assertThat(unavailable)
                .isEqualTo(
                        new Outcome.Failed(
                                ResponseFlag.CONNECT, "http status: 503 Service Unavailable"));
    }
}
