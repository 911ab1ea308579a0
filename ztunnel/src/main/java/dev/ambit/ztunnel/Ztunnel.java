package dev.ambit.ztunnel;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.ca.BearerToken;
import dev.ambit.identity.ca.CaClient;
import dev.ambit.identity.ca.GrpcTls;
import dev.ambit.linux.NamespaceThread;
import dev.ambit.mesh.MeshLimits;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Authorizer;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.mesh.policy.Verdict;
import dev.ambit.mesh.store.MeshListener;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.mesh.xds.NodeInfo;
import dev.ambit.mesh.xds.WdsClient;
import dev.ambit.mesh.xds.WdsEvents;
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
import dev.ambit.ztunnel.pod.Dial;
import dev.ambit.ztunnel.pod.LocalWorkloads;
import dev.ambit.ztunnel.pod.Pod;
import dev.ambit.ztunnel.pod.PodListeners;
import dev.ambit.ztunnel.telemetry.ConnectionReporter;
import dev.ambit.ztunnel.tls.Identities;
import io.grpc.ManagedChannel;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
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
    private final Set<SpiffeId> prefetched = new HashSet<>();
    private @Nullable Thread zdsThread;
    private @Nullable Thread wdsThread;

    /// What the assembly needs from outside.
    ///
    /// @param timer for short tasks
    /// @param fetchers for blocking ones
    /// @param whenPodsSettled called when every pod of the agent's snapshot is proxied
    public record Surroundings(
            ConnectionReporter reporter,
            DnsReporter dns,
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
        mesh = new MeshStore(config.nodeName());
        var token = new BearerToken(config.authToken(), config.clusterId());
        var ca = new CaClient(caChannels(), token, identityLimits);
        certificates =
                new CertificateStore(
                        ca,
                        identityLimits,
                        around.clock(),
                        around.random(),
                        around.timer(),
                        around.fetchers());
        identities =
                new Identities(
                        certificates, around.clock(), identityLimits, limits.certificateWait());
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
        listeners = podListeners(limits, hboneLimits, inbound, around);
        pods = new PodSupervisor(listeners);
        zds = new ZdsClient(config.zdsSocket(), pods, around.whenPodsSettled());
        certificates.onRenewed(certificate -> outbound.renewed(certificate.id()));
        mesh.listen(this::meshChanged);
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
                new DnsProxy.Where(config.reusePort(), limits.listenBacklog(), false));
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
                    if (open != null) {
                        open.shutdown();
                    }
                    var ca = config.caAddress();
                    open = GrpcTls.channel(ca.host(), ca.port(), config.caRootCa(), controlLoop);
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

    public void start() {
        wdsThread = Thread.ofVirtual().name("wds").start(wds);
    }

    /// On the store's writer thread: waiting connections look again, certificates are fetched
    /// ahead, and open connections are judged anew by what is known now.
    private void meshChanged(MeshListener.ChangeSet changes) {
        workloads.changed();
        for (var workload : changes.added()) {
            if (isOurs(workload) && prefetched.add(workload.identity())) {
                certificates.prefetch(workload.identity());
            }
        }
        for (var workload : changes.removed()) {
            if (isOurs(workload) && prefetched.contains(workload.identity())) {
                forgetIfLast(workload.identity());
            }
        }
        if (changes.policies() || !changes.added().isEmpty()) {
            listeners.pods().forEach(this::judgeAgain);
        }
    }

    private boolean isOurs(Workload workload) {
        return workload.node().equals(config.nodeName())
                && (workload.protocol() == Workload.TunnelProtocol.HBONE
                        || workload.nativeTunnel());
    }

    private void forgetIfLast(SpiffeId id) {
        boolean used =
                mesh.workloads().stream().anyMatch(w -> isOurs(w) && w.identity().equals(id));
        if (!used) {
            prefetched.remove(id);
            identities.forget(id, (io.netty.channel.EventLoop) loops.next());
        }
    }

    private void judgeAgain(Pod pod) {
        var local = workloads.now(pod.info());
        if (local.isEmpty()) {
            return;
        }
        var policies = mesh.policiesFor(local.get());
        Function<ConnectionFacts, Optional<String>> denial =
                facts ->
                        switch (Authorizer.authorize(policies, facts)) {
                            case Verdict.Allowed _ -> Optional.empty();
                            // A workload is often told before the policy it names. What was
                            // permitted stays until that policy is here and is asked.
                            case Verdict.Denied(Verdict.Denial.ByMissingPolicy _) ->
                                    Optional.empty();
                            case Verdict.Denied(var why) -> Optional.of(why.text());
                        };
        pod.connections().judgeAgain(denial);
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
        certificates.close();
        loops.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
        controlLoop.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
        namespaces.close();
    }
}
