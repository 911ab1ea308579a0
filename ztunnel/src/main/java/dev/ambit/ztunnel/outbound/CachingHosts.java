package dev.ambit.ztunnel.outbound;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Remembers answers for as long as they say, and asks once for all who wait for the same name.
///
/// The lock is held for a few map operations and never while asking or answering.
public final class CachingHosts implements HostResolver {
    private final Source source;
    private final ResolverLimits limits;
    private final LongSupplier nanoTime;

    /// In the order of use; no more than `limits.entries()`.
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    /// Who knows addresses.
    public interface Source {
        /// @param whenDone exactly once, on any thread
        void ask(String hostname, Consumer<Asked> whenDone);
    }

    /// @param ttl for how long the answer holds
    public record Asked(Answer answer, Duration ttl) {}

    private record Waiter(EventLoop loop, Consumer<Answer> whenDone) {
        void tell(Answer answer) {
            loop.execute(() -> whenDone.accept(answer));
        }
    }

    /// Either an answer or those who wait for it.
    private static final class Entry {
        final List<Waiter> waiters = new ArrayList<>();
        @Nullable Answer answer;
        long expires;
    }

    public CachingHosts(Source source, ResolverLimits limits, LongSupplier nanoTime) {
        this.source = source;
        this.limits = limits;
        this.nanoTime = nanoTime;
    }

    @Override
    public void resolve(String hostname, EventLoop loop, Consumer<Answer> whenDone) {
        var waiter = new Waiter(loop, whenDone);
        Answer known = null;
        Entry asking = null;
        synchronized (entries) {
            var entry = entries.get(hostname);
            if (entry == null || isStale(entry)) {
                entry = new Entry();
                asking = entry;
                entries.put(hostname, entry);
                evict();
            }
            known = entry.answer;
            if (known == null) {
                entry.waiters.add(waiter);
            }
        }
        if (known != null) {
            waiter.tell(known);
        }
        if (asking != null) {
            var entry = asking;
            source.ask(hostname, asked -> answered(hostname, entry, asked));
        }
    }

    private boolean isStale(Entry entry) {
        return entry.answer != null && entry.expires - nanoTime.getAsLong() <= 0;
    }

    /// An entry that is still asked for may go too: its waiters are told by who asks.
    private void evict() {
        var eldest = entries.keySet().iterator();
        while (entries.size() > limits.entries()) {
            eldest.next();
            eldest.remove();
        }
    }

    private void answered(String hostname, Entry entry, Asked asked) {
        var ttl = asked.ttl().compareTo(limits.maxTtl()) < 0 ? asked.ttl() : limits.maxTtl();
        List<Waiter> waiters;
        synchronized (entries) {
            entry.answer = asked.answer();
            entry.expires = nanoTime.getAsLong() + ttl.toNanos();
            waiters = List.copyOf(entry.waiters);
            entry.waiters.clear();
            if (ttl.isZero()) {
                entries.remove(hostname, entry);
            }
        }
        waiters.forEach(waiter -> waiter.tell(asked.answer()));
    }

    int size() {
        synchronized (entries) {
            return entries.size();
        }
    }
}
