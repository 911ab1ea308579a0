package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.pool.Target;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Hosts of a dynamic forward proxy: those that requests name. A name is looked up when the first
/// request asks for it, looked up again when its answer is old, and forgotten when nobody has asked
/// for a while. Loops that find a known name take no lock.
final class ForwardHosts {
    private final Discovery.DynamicForward config;
    private final Resolver resolver;
    private final Control control;
    private final UpstreamLimits limits;
    private final Function<Endpoint, Host> make;
    private final Consumer<Collection<Target>> retired;
    private final ConcurrentHashMap<String, Entry> entries = new ConcurrentHashMap<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean stopped;

    sealed interface Found {
        record Ready(Host host) implements Found {}

        record Failed(UpstreamFailure.Kind kind, String detail) implements Found {}
    }

    private record Waiter(Executor loop, Consumer<Found> whenDone) {}

    ForwardHosts(
            Discovery.DynamicForward config,
            Resolver resolver,
            Control control,
            UpstreamLimits limits,
            Function<Endpoint, Host> make,
            Consumer<Collection<Target>> retired) {
        this.config = config;
        this.resolver = resolver;
        this.control = control;
        this.limits = limits;
        this.make = make;
        this.retired = retired;
    }

    void stop() {
        stopped = true;
        for (var entry : entries.values()) {
            entry.settle(new Found.Failed(UpstreamFailure.Kind.DNS, "cluster removed"));
        }
    }

    /// @param whenDone at once where the name is known, else later on `loop`
    void find(String name, int port, Executor loop, Consumer<Found> whenDone) {
        var key = name + ":" + port;
        var entry = entries.get(key);
        if (entry == null) {
            if (entries.size() >= config.maxHosts()) {
                whenDone.accept(overflow());
                return;
            }
            var made = new Entry(name, port);
            var other = entries.putIfAbsent(key, made);
            entry = other == null ? made : other;
            if (other == null) {
                control.fork(made::look);
            }
        }
        entry.find(new Waiter(loop, whenDone));
    }

    private static Found overflow() {
        return new Found.Failed(UpstreamFailure.Kind.DNS, "dns_cache_overflow");
    }

    Collection<Host> all() {
        var hosts = new ArrayList<Host>();
        for (var entry : entries.values()) {
            var host = entry.host;
            if (host != null) {
                hosts.add(host);
            }
        }
        return hosts;
    }

    private final class Entry {
        private final String name;
        private final int port;
        private volatile @Nullable Host host;
        private volatile long usedNanos = control.nanoTime();
        private final List<Waiter> waiters = new ArrayList<>();
        private @Nullable Found settled;

        Entry(String name, int port) {
            this.name = name;
            this.port = port;
        }

        void find(Waiter waiter) {
            var known = host;
            if (known != null) {
                usedNanos = control.nanoTime();
                waiter.whenDone.accept(new Found.Ready(known));
                return;
            }
            var found = await(waiter);
            if (found != null) {
                waiter.whenDone.accept(found);
            }
        }

        private @Nullable Found await(Waiter waiter) {
            synchronized (waiters) {
                if (settled != null) {
                    return settled;
                }
                if (waiting.incrementAndGet() > limits.waitingForLookup()) {
                    waiting.decrementAndGet();
                    return overflow();
                }
                waiters.add(waiter);
                return null;
            }
        }

        void settle(Found found) {
            List<Waiter> all;
            synchronized (waiters) {
                settled = found;
                all = List.copyOf(waiters);
                waiters.clear();
            }
            waiting.addAndGet(-all.size());
            for (var waiter : all) {
                waiter.loop.execute(() -> waiter.whenDone.accept(found));
            }
        }

        private void look() {
            if (stopped) {
                return;
            }
            var literal = NetUtil.createInetAddressFromIpAddressString(name);
            var answer =
                    literal == null
                            ? resolver.resolve(name, config.dns().family())
                            : new Resolver.Answer.Addresses(List.of(literal), config.hostTtl());
            if (stopped) {
                return;
            }
            switch (answer) {
                case Resolver.Answer.Addresses(var addresses, var ttl) -> {
                    known(addresses);
                    again(
                            Math.clamp(
                                    ttl.isPositive()
                                            ? ttl.toNanos()
                                            : config.dns().refresh().toNanos(),
                                    limits.minTtl().toNanos(),
                                    limits.maxTtl().toNanos()));
                }
                case Resolver.Answer.None() -> failed("no addresses of " + name);
                case Resolver.Answer.Failed(var reason) -> failed(reason);
            }
        }

        private void known(List<InetAddress> addresses) {
            var endpoint =
                    Resolved.all(
                            new Discovery.Named(name, port, template(), Locality.UNKNOWN, 0, 1),
                            addresses.subList(
                                    0, Math.min(addresses.size(), limits.addressesPerName())));
            var before = host;
            if (before == null || !before.endpoint().target().equals(endpoint.target())) {
                var made = make.apply(endpoint);
                host = made;
                settle(new Found.Ready(made));
                if (before != null) {
                    retired.accept(List.of(before.endpoint().target()));
                }
            }
        }

        private Endpoint template() {
            var address = name + ":" + port;
            return new Endpoint(
                    address,
                    address,
                    new Target.Direct(List.of()),
                    name,
                    Endpoint.Health.HEALTHY,
                    1,
                    "",
                    "",
                    Map.of());
        }

        /// A name that was known stays so; another is asked for anew by the next request, after a
        /// while in which it fails at once.
        private void failed(String reason) {
            if (host == null) {
                settle(new Found.Failed(UpstreamFailure.Kind.DNS, reason));
                control.schedule(
                        () -> entries.remove(name + ":" + port, this),
                        config.dns().failureBase().toNanos());
            } else {
                again(config.dns().failureBase().toNanos());
            }
        }

        private void again(long nanos) {
            control.schedule(() -> control.fork(this::refresh), nanos);
        }

        private void refresh() {
            var known = host;
            if (known == null
                    || known.activeConnections() > 0
                    || control.nanoTime() - usedNanos < config.hostTtl().toNanos()) {
                look();
                return;
            }
            entries.remove(name + ":" + port, this);
            retired.accept(List.of(known.endpoint().target()));
        }
    }
}
