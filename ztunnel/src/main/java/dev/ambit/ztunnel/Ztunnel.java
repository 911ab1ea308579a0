package dev.ambit.ztunnel;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.ca.BearerToken;
import dev.ambit.identity.ca.CaClient;
import dev.ambit.identity.ca.ControlServer;
import dev.ambit.identity.ca.GrpcTls;
import dev.ambit.linux.NamespaceThread;
import dev.ambit.linux.NetworkNamespace;
import dev.ambit.mesh.MeshLimits;
import dev.ambit.mesh.local.LocalMesh;
import dev.ambit.mesh.store.MeshListener;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.mesh.xds.NodeInfo;
import dev.ambit.mesh.xds.WdsClient;
import dev.ambit.mesh.xds.WdsEvents;
import dev.ambit.process.CaChannels;
import dev.ambit.process.SteadyEpoll;
import dev.ambit.process.TrustFiles;
import dev.ambit.process.config.HostPort;
import dev.ambit.process.tls.Identities;
import dev.ambit.ztunnel.connections.CutReason;
import dev.ambit.ztunnel.dns.DnsLimits;
import dev.ambit.ztunnel.dns.DnsProxy;
import dev.ambit.ztunnel.dns.DnsReporter;
import dev.ambit.ztunnel.inbound.Inbound;
import dev.ambit.ztunnel.inbound.InboundRouter;
import dev.ambit.ztunnel.inpod.PodSupervisor;
import dev.ambit.ztunnel.inpod.ZdsClient;
import dev.ambit.ztunnel.outbound.Outbound;
import dev.ambit.ztunnel.outbound.OutboundRouter;
import dev.ambit.ztunnel.outbound.SystemDns;
import dev.ambit.ztunnel.pod.Dial;
import dev.ambit.ztunnel.pod.LocalWorkloads;
import dev.ambit.ztunnel.pod.Pod;
import dev.ambit.ztunnel.pod.PodListeners;
import dev.ambit.ztunnel.telemetry.ConnectionReporter;
import dev.ambit.ztunnel.telemetry.Direction;
import dev.ambit.ztunnel.telemetry.SecurityMetrics;
import dev.ambit.ztunnel.tls.LocalIdentities;
import io.grpc.ManagedChannel;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The node's L4 proxy, put together: every part is named here, once, in the order in which it
/// comes to life.
public final class Ztunnel implements AutoCloseable {
    private static Set<Integer> ownPorts(ZtunnelConfig config) {
        var ports = Set.of(PodListeners.OUTBOUND, PodListeners.PLAINTEXT, PodListeners.HBONE);
        if (!config.socks5()) {
            return ports;
        }
        var all = new HashSet<>(ports);
        all.add(PodListeners.SOCKS);
        return all;
    }

    private final ZtunnelConfig config;
    private final MeshStore mesh;
    private final CertificateStore certificates;
    private final Identities identities;
    private final MultiThreadIoEventLoopGroup loops;
    private final MultiThreadIoEventLoopGroup controlLoop = GrpcTls.controlLoop();
    private final NamespaceThread namespaces;
    private final LocalWorkloads workloads;
    private final Outbound outbound;
    private final PodListeners listeners;
    private final PodSupervisor pods;
    private final ZdsClient zds;
    private final Runnable source;
    private LocalMesh localMesh = LocalMesh.NONE;
    private @Nullable WdsClient wds;
    private final TrustFiles trustFiles;
    private final Clock clock;
    private @Nullable Thread zdsThread;
    private @Nullable Thread wdsThread;
    private @Nullable NetworkNamespace ownNamespace;

    /// What the assembly needs from outside.
    ///
    /// @param timer for short tasks
    /// @param fetchers for blocking ones
    /// @param settling told whether every pod of the agent's snapshot is proxied
    public record Surroundings(
            ConnectionReporter reporter,
            DnsReporter dns,
            WdsEvents events,
            ZdsClient.Settling settling,
            Clock clock,
            RandomGenerator random,
            ScheduledExecutorService timer,
            Executor fetchers) {}

    public Ztunnel(ZtunnelConfig config, Surroundings around) throws IOException {
        this.config = config;
        var limits = ZtunnelLimits.defaults().withDrain(config.drain());
        var tunnels = config.tunnels();
        var hboneLimits =
                HboneLimits.defaults()
                        .with(
                                tunnels.streamWindow(),
                                tunnels.connectionWindow(),
                                tunnels.frame(),
                                tunnels.streams(),
                                tunnels.unusedFor());
        var identityLimits = IdentityLimits.defaults().withCertificateTtl(config.certificateTtl());
        // Loops first: threads that start later from inside a pod would stay in it.
        loops = startLoops(config.workerThreads());
        namespaces = new NamespaceThread("namespaces");
        mesh = new MeshStore(config.nodeName(), config.security().unknown());
        clock = around.clock();
        trustFiles = new TrustFiles(config.security().trust(), config.caRootCa(), identityLimits);
        var token = new BearerToken(config.authToken(), config.clusterId(), config.caHeaders());
        var ca = new CaClient(caChannels(), token, identityLimits, config.dedicated().isEmpty());
        certificates = store(ca, identityLimits, around);
        identities =
                new Identities(
                        certificates,
                        around.clock(),
                        identityLimits,
                        trustFiles.tls(),
                        limits.certificateWait());
        workloads = new LocalWorkloads(mesh, limits.localWorkloadWait());
        var dial =
                new Dial(limits.connectTimeout(), hboneLimits, around.reporter(), System::nanoTime);
        outbound =
                new Outbound(
                        loops,
                        new OutboundRouter(mesh, ownPorts(config), around.random()),
                        workloads,
                        identities,
                        around.reporter(),
                        dial,
                        SystemDns.cached(config.ipv6(), around.fetchers()),
                        config.network(),
                        hboneLimits,
                        around.random(),
                        System::nanoTime);
        var inbound =
                new Inbound(
                        inboundRouter(config, mesh),
                        mesh,
                        workloads,
                        identities,
                        around.reporter(),
                        dial,
                        hboneLimits,
                        config.network(),
                        config.inbound().baggage(),
                        System::nanoTime);
        listeners = podListeners(limits, hboneLimits, inbound, around);
        pods = new PodSupervisor(listeners);
        zds = new ZdsClient(config.zdsSocket(), pods, around.settling(), System::nanoTime);
        listen(around.reporter());
        source = source(startingPodsWhenReady(around.events()));
    }

    /// What tells about the mesh: the local file first, then the control plane if there is one.
    private Runnable source(WdsEvents events) throws IOException {
        localMesh = LocalMeshFile.load(config.localMesh());
        mesh.apply(localMesh.changes());
        if (config.xdsAddress().isEmpty()) {
            return events::ready;
        }
        var client =
                new WdsClient(
                        xds(config.xdsAddress().get()),
                        node(config),
                        mesh,
                        events,
                        MeshLimits.defaults(),
                        Thread::sleep,
                        System::nanoTime);
        wds = client;
        return client;
    }

    /// What came from a local file, for the dump.
    public LocalMesh localMesh() {
        return localMesh;
    }

    private static CertificateStore store(CaClient ca, IdentityLimits limits, Surroundings around) {
        return new CertificateStore(
                ca, limits, around.clock(), around.random(), around.timer(), around.fetchers());
    }

    private static MultiThreadIoEventLoopGroup startLoops(int threads) {
        var loops =
                new MultiThreadIoEventLoopGroup(
                        threads,
                        new DefaultThreadFactory("ztunnel", true),
                        SteadyEpoll.newFactory());
        loops.forEach(loop -> loop.execute(() -> {}));
        return loops;
    }

    private static NodeInfo node(ZtunnelConfig config) {
        return new NodeInfo(
                config.instanceIp(),
                config.podName(),
                config.podNamespace(),
                config.nodeName(),
                config.metadata(),
                config.jsonMetadata());
    }

    private static InboundRouter inboundRouter(ZtunnelConfig config, MeshStore mesh) {
        var rules = new InboundRouter.Rules(config.network(), config.inbound().loopbackTunnels());
        return new InboundRouter(mesh, ownPorts(config), rules);
    }

    private PodListeners podListeners(
            ZtunnelLimits limits, HboneLimits hboneLimits, Inbound inbound, Surroundings around) {
        var dns = dnsProxy(limits, around);
        return new PodListeners(
                loops, namespaces, config, limits, hboneLimits, outbound, inbound, dns);
    }

    private DnsProxy dnsProxy(ZtunnelLimits limits, Surroundings around) {
        return new DnsProxy(
                config.dns(),
                DnsLimits.defaults(),
                loops,
                mesh,
                workloads,
                around.dns(),
                around.random(),
                new SecureRandom(),
                around.fetchers(),
                System::nanoTime,
                new DnsProxy.Where(
                        config.reusePort(),
                        limits.listenBacklog(),
                        limits.acceptPause(),
                        config.dedicated().isPresent()));
    }

    private CaClient.Channels caChannels() {
        var ca = config.caAddress();
        return new CaChannels(
                new ControlServer(ca.host(), ca.port(), config.caRootCa(), config.altCaHostname()),
                controlLoop);
    }

    private WdsClient.Connector xds(HostPort address) {
        var token = new BearerToken(config.authToken(), config.clusterId(), config.xdsHeaders());
        var server =
                new ControlServer(
                        address.host(),
                        address.port(),
                        config.xdsRootCa(),
                        config.altXdsHostname());
        return new WdsClient.Connector() {
            @Override
            public ManagedChannel connect() throws IOException {
                return GrpcTls.channel(server, controlLoop);
            }

            @Override
            public io.grpc.Metadata headers() throws IOException {
                return token.headers();
            }
        };
    }

    /// Pods are taken over once the mesh is known: before, their connections could only wait.
    private WdsEvents startingPodsWhenReady(WdsEvents events) {
        return new WdsEvents() {
            @Override
            public void received(String typeUrl, int bytes) {
                events.received(typeUrl, bytes);
            }

            @Override
            public void rejected(String typeUrl, String resource, String reason) {
                events.rejected(typeUrl, resource, reason);
            }

            @Override
            public void terminated(String reason, String detail) {
                events.terminated(reason, detail);
            }

            @Override
            public void ready() {
                if (config.dedicated().isEmpty()) {
                    zdsThread = Thread.ofPlatform().name("zds").daemon().start(zds);
                }
                events.ready();
            }
        };
    }

    /// Tells of certificates in metrics. Once.
    public void report(PrometheusRegistry registry) {
        SecurityMetrics.register(registry, certificates, trustFiles.revocation(), mesh, clock);
    }

    /// Who is told of what.
    private void listen(ConnectionReporter reporter) {
        certificates.onRenewed(certificate -> outbound.renewed(certificate.id()));
        mesh.listen(
                new LocalIdentities(
                        config.nodeName(),
                        certificates,
                        id -> identities.forget(id, (EventLoop) loops.next())));
        mesh.listen(this::meshChanged);
        trustFiles
                .revocation()
                .onRefused(ofClient ->
                        reporter.peerRevoked(ofClient ? Direction.INBOUND : Direction.OUTBOUND));
        trustFiles
                .revocation()
                .onChanged(() -> {
                    listeners.cutRevoked(() -> reporter.peerRevoked(Direction.INBOUND));
                    outbound.cutRevoked(() -> reporter.peerRevoked(Direction.OUTBOUND));
                });
    }

    /// @throws IOException when this process's own pod is to be proxied and can't be
    public void start() throws IOException {
        if (config.dedicated().isPresent()) {
            ownNamespace = NetworkNamespace.current();
            listeners.start(config.dedicated().get(), ownNamespace);
        } else if (config.ownPod().isPresent()) {
            ownNamespace = NetworkNamespace.current();
            listeners.startSelf(config.ownPod().get(), ownNamespace);
        }
        trustFiles.watch(certificates);
        wdsThread = Thread.ofVirtual().name("wds").start(source);
    }

    /// On the store's writer thread: waiting connections look again, and open connections are
    /// judged anew by what is known now.
    private void meshChanged(MeshListener.ChangeSet changes) {
        workloads.changed();
        if (changes.policies() || !changes.added().isEmpty()) {
            listeners.pods().forEach(this::judgeAgain);
        }
    }

    private void judgeAgain(Pod pod) {
        workloads
                .now(pod.info())
                .ifPresent(local ->
                        pod.connections().judgeAgain(mesh.policiesFor(local), local.uid()));
    }

    public MeshStore mesh() {
        return mesh;
    }

    public CertificateStore certificates() {
        return certificates;
    }

    public PodSupervisor pods() {
        return pods;
    }

    /// Messages of the node agent that made no sense.
    public long agentFaults() {
        return zds.faults();
    }

    public PodListeners listeners() {
        return listeners;
    }

    /// Stops accepting, says goodbye to peers, lets open connections end until the deadline, then
    /// cuts what is left. Blocks.
    public void drain() throws InterruptedException {
        listeners.drain();
        outbound.close();
        var deadline = System.nanoTime() + config.drain().toNanos();
        while (listeners.openConnections() > 0 && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
        listeners.cutAll(new CutReason.DrainDeadline());
    }

    @Override
    public void close() {
        if (wds != null) {
            wds.close();
        }
        zds.close();
        if (wdsThread != null) {
            wdsThread.interrupt();
        }
        if (zdsThread != null) {
            zdsThread.interrupt();
        }
        trustFiles.close();
        certificates.close();
        loops.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
        controlLoop.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
        namespaces.close();
        if (ownNamespace != null) {
            ownNamespace.close();
        }
    }
}
