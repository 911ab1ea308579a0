package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.pool.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Hosts that come with the traffic: one for each destination that connections ask for. Loops find
/// and make them; those that nobody used for a while are forgotten.
final class OnDemandHosts {
    /// Envoy's `cleanup_interval`.
    static final Duration CLEANUP = Duration.ofSeconds(5);

    private final Control control;
    private final UpstreamLimits limits;
    private final Duration cleanup;
    private final Function<Endpoint, Host> make;
    private final Consumer<Collection<Target>> retired;
    private final ConcurrentHashMap<String, Entry> entries = new ConcurrentHashMap<>();
    private volatile boolean stopped;

    private static final class Entry {
        private final Host host;
        private volatile boolean used = true;

        Entry(Host host) {
            this.host = host;
        }
    }

    OnDemandHosts(
            Control control,
            UpstreamLimits limits,
            Duration cleanup,
            Function<Endpoint, Host> make,
            Consumer<Collection<Target>> retired) {
        this.control = control;
        this.limits = limits;
        this.cleanup = cleanup;
        this.make = make;
        this.retired = retired;
    }

    void start() {
        control.schedule(this::clean, cleanup.toNanos());
    }

    void stop() {
        stopped = true;
    }

    /// @param key of the destination
    /// @return null when there are too many
    @Nullable Host find(String key, Function<String, Endpoint> endpoint) {
        var known = entries.get(key);
        if (known == null) {
            if (entries.size() >= limits.onDemandHosts()) {
                return null;
            }
            known = entries.computeIfAbsent(key, k -> new Entry(make.apply(endpoint.apply(k))));
        }
        if (!known.used) {
            known.used = true;
        }
        return known.host;
    }

    Collection<Host> all() {
        var hosts = new ArrayList<Host>();
        entries.values().forEach(e -> hosts.add(e.host));
        return hosts;
    }

    private void clean() {
        if (stopped) {
            return;
        }
        var gone = new ArrayList<Target>();
        for (var item : List.copyOf(entries.entrySet())) {
            var entry = item.getValue();
            if (entry.used || entry.host.activeConnections() > 0) {
                entry.used = false;
            } else {
                entries.remove(item.getKey(), entry);
                gone.add(entry.host.endpoint().target());
            }
        }
        if (!gone.isEmpty()) {
            retired.accept(gone);
        }
        control.schedule(this::clean, cleanup.toNanos());
    }
}
