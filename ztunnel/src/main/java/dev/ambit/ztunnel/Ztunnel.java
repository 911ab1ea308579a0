package dev.ambit.ztunnel;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.ca.BearerToken;
import dev.ambit.identity.ca.CaClient;
import dev.ambit.identity.ca.GrpcTls;
import dev.ambit.linux.NamespaceThread;
import dev.ambit.mesh.MeshLimits;
import dev.ambit.mesh.store.MeshListener;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.mesh.xds.NodeInfo;
import dev.ambit.mesh.xds.WdsClient;
import dev.ambit.mesh.xds.WdsEvents;
import dev.ambit.ztunnel.connections.CutReason;
import dev.ambit.ztunnel.inbound.Inbound;
import dev.ambit.ztunnel.inbound.InboundRouter;
import dev.ambit.ztunnel.inpod.PodSupervisor;
import dev.ambit.ztunnel.inpod.ZdsClient;
import dev.ambit.ztunnel.outbound.Outbound;
import dev.ambit.ztunnel.outbound.OutboundRouter;
import dev.ambit.ztunnel.pod.Dial;
import dev.ambit.ztunnel.pod.LocalWorkloads;
import dev.ambit.ztunnel.pod.Pod;
import dev.ambit.ztunnel.pod.PodListeners;
import dev.ambit.ztunnel.telemetry.ConnectionReporter;
import dev.ambit.ztunnel.telemetry.Direction;
import dev.ambit.ztunnel.telemetry.SecurityMetrics;
import dev.ambit.ztunnel.tls.Identities;
import dev.ambit.ztunnel.tls.LocalIdentities;
import io.grpc.ManagedChannel;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The node's L4 proxy, put together: every part is named here, once, in the order in which it
/// comes to life.
public final class Ztunnel implements AutoCloseable {
    private static final Set<Integer> OWN_PORTS =
            Set.of(PodListeners.OUTBOUND, PodListeners.PLAINTEXT, PodListeners.HBONE);

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
    private final WdsClient wds;
    private final TrustFiles trustFiles;
    private final Clock clock;
    private @Nullable Thread zdsThread;
    private @Nullable Thread wdsThread;

    /// What the assembly needs from outside.
    ///
    /// @param timer for short tasks
    /// @param fetchers for blocking ones
    /// @param whenPodsSettled called when every pod of the agent's snapshot is proxied
    public record Surroundings(
            ConnectionReporter reporter,
            WdsEvents events,
            Runnable whenPodsSettled,
            Clock clock,
            RandomGenerator random,
            ScheduledExecutorService timer,
            Executor fetchers) {}

    public Ztunnel(ZtunnelConfig config, Surroundings around) throws IOException {
        this.config = config;
        var limits = ZtunnelLimits.defaults().withDrain(config.drain());
        var hboneLimits = HboneLimits.defaults();
        var identityLimits = IdentityLimits.defaults().withCertificateTtl(config.certificateTtl());
        // Loops first: threads that start later from inside a pod would stay in it.
        loops =
                new MultiThreadIoEventLoopGroup(
                        config.workerThreads(),
                        new DefaultThreadFactory("ztunnel", true),
                        SteadyEpoll.newFactory());
        loops.forEach(loop -> loop.execute(() -> {}));
        namespaces = new NamespaceThread("namespaces");
        mesh = new MeshStore(config.nodeName(), config.security().unknown());
        clock = around.clock();
        trustFiles = new TrustFiles(config.security(), config.caRootCa(), identityLimits);
        var token = new BearerToken(config.authToken(), config.clusterId());
        var ca = new CaClient(caChannels(), token, identityLimits);
        certificates = certificates(ca, identityLimits, around);
        identities =
                new Identities(
                        certificates,
                        around.clock(),
                        identityLimits,
                        trustFiles.tls(),
                        limits.certificateWait());
        workloads = new LocalWorkloads(mesh, limits.localWorkloadWait());
        var dial = new Dial(limits.connectTimeout(), hboneLimits);
        outbound =
                new Outbound(
                        loops,
                        new OutboundRouter(mesh, OWN_PORTS, around.random()),
                        workloads,
                        identities,
                        around.reporter(),
                        dial,
                        hboneLimits,
                        around.random(),
                        System::nanoTime);
        var inbound =
                new Inbound(
                        new InboundRouter(mesh, OWN_PORTS),
                        mesh,
                        workloads,
                        identities,
                        around.reporter(),
                        dial,
                        hboneLimits,
                        config.network(),
                        System::nanoTime);
        listeners =
                new PodListeners(loops, namespaces, config, limits, hboneLimits, outbound, inbound);
        pods = new PodSupervisor(listeners);
        zds = new ZdsClient(config.zdsSocket(), pods, around.whenPodsSettled());
        wds =
                new WdsClient(
                        xds(token),
                        new NodeInfo(
                                config.instanceIp(),
                                config.podName(),
                                config.podNamespace(),
                                config.nodeName(),
                                config.metadata()),
                        mesh,
                        startingPodsWhenReady(around.events()),
                        MeshLimits.defaults(),
                        Thread::sleep);
        listen(around.reporter());
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
                .onChanged(() -> {
                    listeners.cutRevoked(() -> reporter.tunnelRevoked(Direction.INBOUND));
                    outbound.cutRevoked(() -> reporter.tunnelRevoked(Direction.OUTBOUND));
                });
    }

    private static CertificateStore certificates(
            CaClient ca, IdentityLimits limits, Surroundings around) {
        return new CertificateStore(
                ca, limits, around.clock(), around.random(), around.timer(), around.fetchers());
    }

    /// The CA's channel, kept until its root file changes.
    private CaClient.Channels caChannels() {
        return new CaClient.Channels() {
            private @Nullable ManagedChannel channel;
            private @Nullable FileTime rootsFrom;

            @Override
            public synchronized ManagedChannel channel() throws IOException {
                var now = Files.getLastModifiedTime(config.caRootCa());
                var open = channel;
                if (open == null || !now.equals(rootsFrom)) {
                    // The old one stays where the new roots can't be read.
                    var ca = config.caAddress();
                    var next =
                            GrpcTls.channel(ca.host(), ca.port(), config.caRootCa(), controlLoop);
                    if (open != null) {
                        open.shutdown();
                    }
                    open = next;
                    channel = open;
                    rootsFrom = now;
                }
                return open;
            }
        };
    }

    private WdsClient.Connector xds(BearerToken token) {
        return new WdsClient.Connector() {
            @Override
            public ManagedChannel connect() throws IOException {
                var xds = config.xdsAddress();
                return GrpcTls.channel(xds.host(), xds.port(), config.xdsRootCa(), controlLoop);
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
                zdsThread = Thread.ofPlatform().name("zds").daemon().start(zds);
                events.ready();
            }
        };
    }

    /// Tells of certificates and refused policies in metrics. Once.
    public void report(PrometheusRegistry registry) {
        SecurityMetrics.register(registry, certificates, trustFiles.revocation(), mesh, clock);
    }

    public void start() {
        trustFiles.watch(certificates);
        wdsThread = Thread.ofVirtual().name("wds").start(wds);
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
        wds.close();
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
    }
}
