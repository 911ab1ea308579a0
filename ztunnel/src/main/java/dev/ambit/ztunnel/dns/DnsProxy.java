package dev.ambit.ztunnel.dns;

import dev.ambit.linux.NamespaceProcesses;
import dev.ambit.linux.NetworkNamespace;
import dev.ambit.mesh.MeshView;
import dev.ambit.ztunnel.pod.LocalWorkloads;
import dev.ambit.ztunnel.pod.Pod;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/// The DNS proxy, put together: starts it in each pod.
public final class DnsProxy {
    private static final Path OWN_RESOLV_CONF = Path.of("/etc/resolv.conf");
    private static final String POD_RESOLV_CONF = "etc/resolv.conf";

    private final DnsSettings settings;
    private final DnsLimits limits;
    private final EventLoopGroup loops;
    private final LocalWorkloads workloads;
    private final DnsReporter reporter;
    private final DnsRouter router;
    private final RandomGenerator ids;
    private final Executor blocking;
    private final LongSupplier nanoTime;
    private final Where where;

    /// How the sockets of a pod are made, besides the namespace.
    ///
    /// @param reusePort whether a ztunnel that takes over may listen beside the one before
    /// @param acceptPause how long a listener rests when it can't accept
    /// @param dedicated whether ztunnel serves one pod, whose `resolv.conf` is then its own
    public record Where(boolean reusePort, int backlog, Duration acceptPause, boolean dedicated) {}

    /// @param random for the order of addresses
    /// @param ids for the ids of queries that are handed on; must not be guessable
    /// @param blocking for looks at files
    public DnsProxy(
            DnsSettings settings,
            DnsLimits limits,
            EventLoopGroup loops,
            MeshView mesh,
            LocalWorkloads workloads,
            DnsReporter reporter,
            RandomGenerator random,
            RandomGenerator ids,
            Executor blocking,
            LongSupplier nanoTime,
            Where where) {
        this.settings = settings;
        this.limits = limits;
        this.loops = loops;
        this.workloads = workloads;
        this.reporter = reporter;
        this.router = new DnsRouter(mesh, settings, random);
        this.ids = ids;
        this.blocking = blocking;
        this.nanoTime = nanoTime;
        this.where = where;
    }

    /// The proxy in one pod.
    ///
    /// @param server empty if the proxy is turned off
    /// @param names for what asks in the pod's stead; there in any case
    public record Started(Optional<DnsServer> server, PodNames names) {}

    /// Listens in a pod. Blocks: not on a loop.
    ///
    /// @throws IOException naming what could not be bound; nothing is left open
    public Started start(Pod pod, NetworkNamespace namespace) throws IOException {
        var sockets = new PodDnsSockets(pod.sockets(), where.reusePort(), where.backlog());
        var shared =
                new DnsPod(
                        (loop, found) -> workloads.find(pod.info(), loop, found),
                        resolver(pod, namespace),
                        router,
                        new Upstream(
                                sockets, limits, () -> ids.nextInt(1 << 16), reporter::refused),
                        reporter,
                        limits,
                        nanoTime,
                        new AtomicInteger());
        var names = new NameLookup(shared);
        if (!settings.capture()) {
            return new Started(Optional.empty(), names);
        }
        var server = new DnsServer(loops, sockets, shared, where.acceptPause());
        server.open(settings.listen());
        return new Started(Optional.of(server), names);
    }

    private ResolverSource resolver(Pod pod, NetworkNamespace namespace) {
        var processes = new NamespaceProcesses(Path.of("/proc"));
        return new PodResolver(
                pod.toString(),
                pod.info().namespace(),
                settings.clusterDomain(),
                () ->
                        where.dedicated()
                                ? own()
                                : processes.read(
                                        namespace, POD_RESOLV_CONF, limits.resolverBytes()),
                this::own,
                blocking,
                nanoTime,
                limits);
    }

    private Optional<byte[]> own() {
        try (var file = Files.newInputStream(OWN_RESOLV_CONF)) {
            return Optional.of(file.readNBytes(limits.resolverBytes()));
        } catch (IOException none) {
            return Optional.empty();
        }
    }
}
