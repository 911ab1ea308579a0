package dev.ambit.waypoint;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.identity.CertificateStatus;
import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.ca.CaClient;
import dev.ambit.identity.ca.GrpcTls;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.process.CaChannels;
import dev.ambit.process.SteadyEpoll;
import dev.ambit.process.TrustFiles;
import dev.ambit.process.tls.Identities;
import dev.ambit.process.tls.PeerProof;
import dev.ambit.waypoint.admin.AdminPages;
import dev.ambit.waypoint.config.WaypointConfig;
import dev.ambit.waypoint.model.WaypointModel;
import dev.ambit.waypoint.pool.HboneTunnels;
import dev.ambit.waypoint.pool.LoopPools;
import dev.ambit.waypoint.pool.PoolLimits;
import dev.ambit.waypoint.pool.SecretTls;
import dev.ambit.waypoint.pool.TcpSockets;
import dev.ambit.waypoint.proxy.HboneFront;
import dev.ambit.waypoint.proxy.PlainFront;
import dev.ambit.waypoint.proxy.ProxyLimits;
import dev.ambit.waypoint.proxy.Worker;
import dev.ambit.waypoint.telemetry.export.ExportLoop;
import dev.ambit.waypoint.upstream.ClusterStatus;
import dev.ambit.waypoint.upstream.ClusterStore;
import dev.ambit.waypoint.upstream.ControlThread;
import dev.ambit.waypoint.upstream.DnsResolver;
import dev.ambit.waypoint.upstream.UpstreamLimits;
import dev.ambit.waypoint.xds.AdsEvents;
import dev.ambit.waypoint.xds.ClusterUpdates;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.WaypointNode;
import dev.ambit.waypoint.xds.WaypointXds;
import dev.ambit.waypoint.xds.XdsLimits;
import dev.ambit.waypoint.xds.secret.SecretStore;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The L7 proxy, put together: every part is named here, once, in the order in which it comes to
/// life.
public final class Waypoint implements AutoCloseable {
    private final WaypointConfig config;
    private final WaypointLimits limits = WaypointLimits.defaults();
    private final HboneLimits hbone = HboneLimits.defaults();
    private final MultiThreadIoEventLoopGroup loops;
    private final MultiThreadIoEventLoopGroup controlLoop = GrpcTls.controlLoop();
    private final TrustFiles trustFiles;
    private final CertificateStore certificates;
    private final Identities identities;
    private final SecretStore secrets;
    private final MeshStore mesh;
    private final ControlThread control = new ControlThread();
    private final ClusterStore clusters;
    private final ClusterUpdates updates;
    private final WaypointXds xds;
    private final List<LoopParts> parts = new ArrayList<>();
    private final List<Listening> listening = new ArrayList<>();
    private final Surroundings around;
    private final HboneFront<PeerProof> front;
    private final PlainFront sandwich;
    private @Nullable Thread xdsThread;

    /// What one event loop has of its own.
    record LoopParts(EventLoop loop, HboneTunnels tunnels, LoopPools pools, Worker worker) {}

    /// What the assembly needs from outside.
    ///
    /// @param compilers of filters
    /// @param mesh that learns who workloads are
    /// @param exports what telemetry is sent on; it gets a loop
    /// @param events told of the conversation with the control plane
    /// @param baggage what this waypoint says of itself
    /// @param ready told once there is a model that carries traffic
    /// @param certified told once this process has its certificate
    /// @param faults told of tunnels that never were, or broke, with the peer's address
    /// @param timer for short tasks
    /// @param fetchers for blocking ones
    public record Surroundings(
            FilterCompilers compilers,
            MeshStore mesh,
            ExportLoop exports,
            AdsEvents events,
            Supplier<String> baggage,
            Runnable ready,
            Runnable certified,
            BiConsumer<InetSocketAddress, String> faults,
            Clock clock,
            RandomGenerator random,
            ScheduledExecutorService timer,
            Executor fetchers) {}

    public Waypoint(WaypointConfig config, Surroundings around) {
        this.config = config;
        this.around = around;
        var identityLimits = IdentityLimits.defaults().withCertificateTtl(config.certificateTtl());
        loops =
                new MultiThreadIoEventLoopGroup(
                        config.workers(),
                        new DefaultThreadFactory("waypoint", true),
                        SteadyEpoll.newFactory());
        trustFiles = new TrustFiles(config.trust(), config.ca().roots(), identityLimits);
        certificates = certificates(identityLimits);
        identities =
                new Identities(
                        certificates,
                        around.clock(),
                        identityLimits,
                        trustFiles.tls().withForeignClients(),
                        limits.certificateWait());
        secrets = new SecretStore(() -> certificates.current(config.identity()));
        mesh = around.mesh();
        clusters =
                new ClusterStore(
                        control,
                        DnsResolver.ofHost(UpstreamLimits.defaults()),
                        UpstreamLimits.defaults(),
                        config.workers());
        updates = new ClusterUpdates(clusters, config.identity().trustDomain());
        xds =
                new WaypointXds(
                        new WaypointXds.Takers(around.compilers(), updates, secrets, mesh),
                        new WaypointXds.Wiring(
                                Connections.xds(config, controlLoop),
                                node(config),
                                around.events(),
                                XdsLimits.defaults(),
                                Thread::sleep,
                                System::nanoTime,
                                around.clock()),
                        around.ready());
        var ids = new AtomicLong();
        var codecs = new Codecs(micros(around.clock()));
        front =
                new HboneFront<>(
                        hbone,
                        codecs,
                        proof -> proof.id().toString(),
                        Waypoint::isRevoked,
                        () -> config.identity().toString(),
                        () -> Optional.of(around.baggage().get()),
                        ids::incrementAndGet,
                        (peer, fault) -> around.faults().accept(peer, fault.detail()));
        sandwich =
                new PlainFront(
                        true,
                        limits.proxyHeaderWait(),
                        codecs,
                        () -> config.identity().toString(),
                        ids::incrementAndGet,
                        new CurrentFront(() -> model()));
        var tls = new SecretTls(secrets, PoolLimits.defaults());
        loops.forEach(loop -> parts.add(loopParts((EventLoop) loop, tls)));
        var first = parts.getFirst();
        around.exports().attach(first.loop(), first.worker().upstreams());
        certificates.onRenewed(_ -> retireTunnels());
        trustFiles.revocation().onChanged(this::cutRevoked);
    }

    private CertificateStore certificates(IdentityLimits identityLimits) {
        var ca =
                new CaClient(
                        new CaChannels(Connections.server(config.ca()), controlLoop),
                        Connections.token(config, config.ca()),
                        identityLimits,
                        false);
        return new CertificateStore(
                ca,
                identityLimits,
                around.clock(),
                around.random(),
                around.timer(),
                around.fetchers());
    }

    private static boolean isRevoked(Channel channel) {
        return Identities.proof(channel).filter(proof -> proof.chain().isRevoked()).isPresent();
    }

    private WaypointModel model() {
        return xds.model();
    }

    static WaypointNode node(WaypointConfig config) {
        return new WaypointNode(
                config.instanceIp(),
                config.podName(),
                config.podNamespace(),
                config.domain(),
                config.serviceCluster(),
                config.metadata());
    }

    private LoopParts loopParts(EventLoop loop, SecretTls tls) {
        var random = new SplittableRandom(around.random().nextLong());
        LongSupplier micros = micros(around.clock());
        var sockets = new TcpSockets(hbone);
        var tunnels =
                new HboneTunnels(
                        loop,
                        hbone,
                        identities,
                        config.identity(),
                        new HboneTunnels.Asking(
                                updates::peerTrustDomains,
                                updates::tunnels,
                                () -> xds.model().originate(),
                                around.baggage(),
                                config.network()),
                        sockets,
                        limits.connectTimeout());
        var pools =
                LoopPools.of(
                        loop,
                        sockets,
                        tunnels,
                        tls,
                        new Codecs(micros),
                        PoolLimits.defaults(),
                        hbone,
                        System::nanoTime);
        var worker =
                Worker.of(
                        loop,
                        xds::model,
                        clusters.upstreams(loop, pools, random),
                        ProxyLimits.defaults(),
                        System::nanoTime,
                        micros,
                        random);
        return new LoopParts(loop, tunnels, pools, worker);
    }

    private static LongSupplier micros(Clock clock) {
        return () -> {
            var now = clock.instant();
            return TimeUnit.SECONDS.toMicros(now.getEpochSecond())
                    + TimeUnit.NANOSECONDS.toMicros(now.getNano());
        };
    }

    /// New streams go through tunnels with the new certificate.
    private void retireTunnels() {
        parts.forEach(each -> each.loop().execute(each.tunnels()::retire));
    }

    private void cutRevoked() {
        for (var each : parts) {
            each.loop()
                    .execute(() -> {
                        each.worker().live().cutRevoked();
                        each.tunnels().cutRevoked();
                    });
        }
    }

    /// Asks for the certificate, and for the configuration. Listens.
    ///
    /// @throws IOException when a port is taken
    public void start() throws IOException {
        trustFiles.watch(certificates);
        certificates.prefetch(config.identity());
        awaitCertificate();
        listening.add(
                Listening.open(
                        loops, config.addresses().hbone(), hbone, limits, this::acceptTunnel));
        if (config.addresses().sandwich().isPresent()) {
            listening.add(
                    Listening.open(
                            loops,
                            config.addresses().sandwich().get(),
                            hbone,
                            limits,
                            this::acceptHeaded));
        }
        xdsThread = Thread.ofVirtual().name("xds").start(xds);
        around.timer()
                .scheduleWithFixedDelay(
                        () -> around.fetchers().execute(secrets::refresh),
                        XdsLimits.defaults().localRefresh().toNanos(),
                        XdsLimits.defaults().localRefresh().toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    /// On the connection's loop, as its handshake will be.
    private void acceptTunnel(Channel channel) {
        var own = partsOf(channel.eventLoop());
        identities.get(
                config.identity(),
                channel.eventLoop(),
                answer -> {
                    switch (answer) {
                        case Identities.Answer.Ready(var tls) ->
                                front.accept(own.worker(), channel, Identities.server(tls));
                        case Identities.Answer.Unavailable(var why) -> {
                            around.faults()
                                    .accept((InetSocketAddress) channel.remoteAddress(), why);
                            channel.close();
                        }
                    }
                });
    }

    private void acceptHeaded(Channel channel) {
        sandwich.accept(
                partsOf(channel.eventLoop()).worker(),
                SocketDuplex.of((DuplexChannel) channel, hbone),
                (InetSocketAddress) channel.remoteAddress(),
                (InetSocketAddress) channel.localAddress());
    }

    private LoopParts partsOf(EventLoop loop) {
        for (var each : parts) {
            if (each.loop() == loop) {
                return each;
            }
        }
        throw new IllegalStateException("loop " + loop + " (expected: one of ours)");
    }

    private void awaitCertificate() {
        if (certificates.current(config.identity()).isPresent()) {
            around.certified().run();
        } else {
            around.timer()
                    .schedule(
                            this::awaitCertificate,
                            limits.drainStep().toNanos(),
                            TimeUnit.NANOSECONDS);
        }
    }

    /// Waits; the clock of a drain.
    interface Sleeper {
        void sleep(Duration duration) throws InterruptedException;
    }

    /// Says goodbye to peers, and lets what is under way end; see `DrainPlan`. Blocks.
    void drain(LongSupplier nanoTime, Sleeper sleeper) throws InterruptedException {
        long began = nanoTime.getAsLong();
        sayGoodbye();
        while (!DrainPlan.over(
                config.drain(), Duration.ofNanos(nanoTime.getAsLong() - began), connections())) {
            sleeper.sleep(limits.drainStep());
        }
    }

    /// Every caller's connection ends with its last exchange; new ones are still taken.
    void sayGoodbye() {
        parts.forEach(each -> each.loop().execute(each.worker().live()::drain));
    }

    private int connections() {
        int all = 0;
        for (var each : parts) {
            all +=
                    each.loop()
                            .submit(each.worker().live()::connections)
                            .awaitUninterruptibly()
                            .getNow();
        }
        return all;
    }

    List<AdminPages.Listening> addresses() {
        var all = new ArrayList<AdminPages.Listening>();
        for (var each : listening) {
            all.add(
                    new AdminPages.Listening(
                            "connect_terminate", NetUtil.toSocketAddressString(each.address())));
        }
        return all;
    }

    public WaypointXds xds() {
        return xds;
    }

    public SecretStore secrets() {
        return secrets;
    }

    public List<ClusterStatus> clusters() {
        return clusters.status();
    }

    public List<CertificateStatus> certificates() {
        return certificates.snapshot();
    }

    @Override
    public void close() {
        xds.close();
        if (xdsThread != null) {
            xdsThread.interrupt();
        }
        listening.forEach(Listening::close);
        trustFiles.close();
        certificates.close();
        clusters.close();
        control.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        controlLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
