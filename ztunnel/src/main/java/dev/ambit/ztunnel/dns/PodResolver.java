package dev.ambit.ztunnel.dns;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ambit.process.log.FieldLog;
import io.netty.channel.EventLoop;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;

/// One pod's resolver: its own `resolv.conf` where that can be read, else what is usual.
///
/// The node agent hands over a network namespace and no file system. When a query comes, though, a
/// process of the pod is there that sent it; so the file is looked for then, among the processes of
/// the namespace (see `NamespaceProcesses`), and again from time to time, since the first look may
/// be too early. The look takes as long as the machine has processes: it is made aside.
final class PodResolver implements ResolverSource {
    private static final FieldLog LOG = FieldLog.of(PodResolver.class);

    private final String pod;
    private final Supplier<Resolver> look;
    private final Supplier<Resolver> assumed;
    private final Executor executor;
    private final LongSupplier nanoTime;
    private final DnsLimits limits;
    private final AtomicBoolean looking = new AtomicBoolean();
    private final CompletableFuture<Resolver> first = new CompletableFuture<>();
    private final AtomicReference<@Nullable Known> known = new AtomicReference<>();

    private record Known(Resolver resolver, long lookedAt) {}

    /// @param namespace of Kubernetes
    /// @param file the pod's `resolv.conf`; blocks
    /// @param own ztunnel's `resolv.conf`; blocks
    /// @param executor for what blocks
    PodResolver(
            String pod,
            String namespace,
            Name clusterDomain,
            Supplier<Optional<byte[]>> file,
            Supplier<Optional<byte[]>> own,
            Executor executor,
            LongSupplier nanoTime,
            DnsLimits limits) {
        this.pod = pod;
        this.executor = executor;
        this.nanoTime = nanoTime;
        this.limits = limits;
        this.assumed =
                () -> parsed(own.get().orElse(new byte[0])).assumedFor(namespace, clusterDomain);
        this.look =
                () ->
                        file.get()
                                .map(this::parsed)
                                .filter(resolver -> !resolver.nameservers().isEmpty())
                                .orElseGet(assumed);
    }

    private Resolver parsed(byte[] text) {
        return Resolver.of(ResolvConf.parse(new String(text, UTF_8)), limits.upstreamTry());
    }

    @Override
    public void find(EventLoop loop, Consumer<Resolver> found) {
        var now = known.get();
        boolean old =
                now == null
                        || nanoTime.getAsLong() - now.lookedAt > limits.resolverRefresh().toNanos();
        if (old && looking.compareAndSet(false, true)) {
            executor.execute(this::lookAgain);
        }
        if (now != null) {
            found.accept(now.resolver);
            return;
        }
        // A copy, so that the time-out is this query's alone.
        first.copy()
                .completeOnTimeout(NOBODY, limits.resolverWait().toNanos(), TimeUnit.NANOSECONDS)
                .thenAccept(resolver -> loop.execute(() -> found.accept(resolver)));
    }

    /// When even a look takes too long: a query then fails as without any name server, but for
    /// names of the mesh, which need none.
    private static final Resolver NOBODY =
            new Resolver(
                    java.util.List.of(),
                    java.util.List.of(),
                    java.time.Duration.ofSeconds(1),
                    1,
                    Resolver.Origin.ASSUMED);

    private void lookAgain() {
        try {
            var resolver = look.get();
            var before = known.getAndSet(new Known(resolver, nanoTime.getAsLong()));
            first.complete(resolver);
            if (before == null || !before.resolver.equals(resolver)) {
                LOG.debug(
                        "resolver of " + pod,
                        "origin",
                        resolver.origin().toString(),
                        "nameservers",
                        resolver.nameservers().toString(),
                        "search",
                        resolver.search().toString());
            }
        } finally {
            looking.set(false);
        }
    }
}
