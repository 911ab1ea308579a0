package dev.ambit.waypoint.upstream;

import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/// Maglev (Eisenbud et al., NSDI 2016, listing 1) with Envoy's hashes and weights.
final class MaglevTable implements HashTable {
    /// Envoy's, entries.
    static final int DEFAULT_SIZE = 65537;

    private final Host[] table;

    private MaglevTable(Host[] table) {
        this.table = table;
    }

    static HashTable of(WeightedHosts weighted, int size, boolean hashHostname) {
        if (weighted.hosts().length == 0) {
            return EMPTY;
        }
        var entries = new Entry[weighted.hosts().length];
        for (int i = 0; i < entries.length; i++) {
            var host = weighted.hosts()[i];
            entries[i] = new Entry(host, host.hashKey(hashHostname), weighted.shares()[i], size);
        }
        // The order in which hosts choose must not depend on the order in which they came.
        Arrays.sort(entries, Comparator.comparing(e -> e.key));
        var table = new Host[size];
        int filled = 0;
        for (int round = 1; filled < size; round++) {
            for (int i = 0; i < entries.length && filled < size; i++) {
                var entry = entries[i];
                if (round * entry.share < entry.target) {
                    continue;
                }
                entry.target += weighted.max();
                table[entry.take(table)] = entry.host;
                filled++;
            }
        }
        return new MaglevTable(table);
    }

    @Override
    public @Nullable Host find(long hash, int attempt) {
        long h = attempt == 0 ? hash : hash ^ -attempt;
        return table[(int) Long.remainderUnsigned(h, table.length)];
    }

    private static final class Entry {
        final Host host;
        final String key;
        final double share;
        private final long skip;
        private final int size;

        /// Where its turn would be next: its permutation of the table.
        private long next;

        double target;

        Entry(Host host, String key, double share, int size) {
            this.host = host;
            this.key = key;
            this.share = share;
            this.size = size;
            this.next = Long.remainderUnsigned(XxHash64.hash(key), size);
            this.skip = Long.remainderUnsigned(XxHash64.hash(key, 1), size - 1L) + 1;
        }

        int take(@Nullable Host[] table) {
            while (table[(int) next] != null) {
                next = (next + skip) % size;
            }
            int taken = (int) next;
            next = (next + skip) % size;
            return taken;
        }
    }
}
