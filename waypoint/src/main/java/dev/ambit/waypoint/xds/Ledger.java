package dev.ambit.waypoint.xds;

import com.google.protobuf.Any;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What is held of one type, for the dump and for reconnects: the last good one of each resource,
/// and beside it one that was refused since. Written by the xDS thread, read by any.
public final class Ledger {
    private final String typeUrl;
    private final Map<String, Entry> entries = new TreeMap<>();

    Ledger(String typeUrl) {
        this.typeUrl = typeUrl;
    }

    /// @param good empty where none was ever good
    /// @param refused empty where the latest was good
    public record Entry(String name, Optional<Good> good, Optional<Bad> refused) {}

    /// @param version the server's
    public record Good(String version, Any resource, Instant since) {}

    public record Bad(String version, Any resource, Instant since, String reason) {}

    public String typeUrl() {
        return typeUrl;
    }

    synchronized void accepted(String name, String version, Any resource, Instant now) {
        entries.put(
                name,
                new Entry(name, Optional.of(new Good(version, resource, now)), Optional.empty()));
    }

    synchronized void refused(
            String name, String version, Any resource, Instant now, String reason) {
        var known = entries.get(name);
        entries.put(
                name,
                new Entry(
                        name,
                        known == null ? Optional.empty() : known.good(),
                        Optional.of(new Bad(version, resource, now, reason))));
    }

    synchronized void removed(String name) {
        entries.remove(name);
    }

    /// What a reconnect says is here. One that was refused has no version, so it comes again; an
    /// older one that is still in use is named all the same, or its removal would never be told.
    synchronized Map<String, String> versions() {
        var all = new TreeMap<String, String>();
        for (var entry : entries.values()) {
            if (entry.good().isPresent()) {
                all.put(
                        entry.name(),
                        entry.refused().isPresent() ? "" : entry.good().get().version());
            }
        }
        return all;
    }

    /// By name.
    public synchronized List<Entry> entries() {
        return new ArrayList<>(entries.values());
    }

    public synchronized long refusedCount() {
        return entries.values().stream().filter(entry -> entry.refused().isPresent()).count();
    }
}
