package dev.ambit.control.l7.jwt;

import dev.ambit.control.l7.jwt.JwksSource.Key;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What is known of issuers' keys, and when to ask whom again: decisions without doing. Used by one
/// thread at a time.
final class JwksBook {
    private static final int DOUBLINGS_MOST = 20;

    private final JwksLimits limits;
    private final Map<Key, Entry> entries = new HashMap<>();

    JwksBook(JwksLimits limits) {
        this.limits = limits;
    }

    private static final class Entry {
        private Duration timeout;
        private Instant wanted;
        private Instant next;
        private Instant refreshed;
        private Optional<String> json = Optional.empty();
        private String failure = "";
        private int failures;
        private boolean fetching;

        Entry(Duration timeout, Instant now) {
            this.timeout = timeout;
            this.wanted = now;
            this.next = now;
            this.refreshed = now;
        }
    }

    /// A document to fetch.
    record Fetch(Key key, Duration timeout) {}

    /// What others may see.
    ///
    /// @param json absent while there are none that may be believed
    /// @param failure of the last attempt, empty when it succeeded or is the first
    record State(Optional<String> json, String failure) {}

    /// Exactly these are wanted from now on.
    void want(Set<JwksSource> sources, Instant now) {
        for (var source : sources) {
            var timeout =
                    source.timeout()
                            .filter(t -> t.compareTo(limits.timeoutMost()) < 0)
                            .orElse(
                                    source.timeout().isPresent()
                                            ? limits.timeoutMost()
                                            : limits.timeout());
            var entry = entries.computeIfAbsent(source.key(), k -> new Entry(timeout, now));
            entry.timeout = timeout;
            entry.wanted = now;
        }
        var keys = new HashSet<Key>();
        sources.forEach(s -> keys.add(s.key()));
        entries.entrySet()
                .removeIf(e ->
                        !keys.contains(e.getKey())
                                && !e.getValue().fetching
                                && !now.isBefore(e.getValue().wanted.plus(limits.unused())));
        entries.forEach((key, entry) -> {
            if (keys.contains(key)) {
                entry.wanted = now;
            }
        });
    }

    /// What is due, at most as much as may be fetched at a time; it counts as being fetched from
    /// now on.
    List<Fetch> due(Instant now) {
        long busy = entries.values().stream().filter(e -> e.fetching).count();
        var due = new ArrayList<Fetch>();
        for (var entry : entries.entrySet()) {
            var value = entry.getValue();
            if (busy + due.size() >= limits.fetches()) {
                break;
            }
            if (!value.fetching && !now.isBefore(value.next)) {
                value.fetching = true;
                due.add(new Fetch(entry.getKey(), value.timeout));
            }
        }
        return due;
    }

    /// Whether what may be believed has changed.
    boolean succeeded(Key key, String json, Instant now) {
        var entry = entries.get(key);
        if (entry == null) {
            return false;
        }
        boolean changed = entry.json.isEmpty() || !JwksDocuments.same(entry.json.get(), json);
        if (changed) {
            entry.json = Optional.of(json);
        }
        entry.fetching = false;
        entry.failures = 0;
        entry.failure = "";
        entry.refreshed = now;
        entry.next = now.plus(limits.refresh());
        return changed;
    }

    /// The last good keys stay, until they are stale.
    ///
    /// @return whether what may be believed, or why there is nothing, has changed
    boolean failed(Key key, String why, Instant now) {
        var entry = entries.get(key);
        if (entry == null) {
            return false;
        }
        boolean told = entry.failure.equals(why);
        entry.fetching = false;
        entry.failure = why;
        entry.next = now.plus(pause(entry.failures++));
        boolean stale = !now.isBefore(entry.refreshed.plus(limits.stale()));
        boolean dropped = stale && entry.json.isPresent();
        if (dropped) {
            entry.json = Optional.empty();
        }
        return dropped || !told;
    }

    private Duration pause(int failures) {
        var pause = limits.retry().multipliedBy(1L << Math.min(failures, DOUBLINGS_MOST));
        return pause.compareTo(limits.retryMost()) < 0 ? pause : limits.retryMost();
    }

    /// When something can be fetched next; empty when only a fetch that ends, or a new wish, can
    /// change that.
    Optional<Instant> next() {
        if (entries.values().stream().filter(e -> e.fetching).count() >= limits.fetches()) {
            return Optional.empty();
        }
        return entries.values().stream()
                .filter(e -> !e.fetching)
                .map(e -> e.next)
                .min(Instant::compareTo);
    }

    Map<Key, State> states() {
        var states = new HashMap<Key, State>();
        entries.forEach((key, e) -> states.put(key, new State(e.json, e.failure)));
        return Map.copyOf(states);
    }
}
