package dev.ambit.waypoint.upstream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Consistent hashing as libketama does it, with Envoy's keys: `address_0`, `address_1`, … Sorted
/// by unsigned hash.
final class HashRing implements HashTable {
    /// Envoy's default and greatest ring, entries.
    static final long DEFAULT_MIN = 1024;

    static final long DEFAULT_MAX = 8L * 1024 * 1024;

    /// Digits of an index at most.
    private static final int DIGITS = 20;

    private final long[] hashes;
    private final Host[] hosts;

    private HashRing(long[] hashes, Host[] hosts) {
        this.hashes = hashes;
        this.hosts = hosts;
    }

    static HashTable of(
            WeightedHosts weighted, BalancerConfig.RingHash config, boolean hashHostname) {
        if (weighted.hosts().length == 0) {
            return EMPTY;
        }
        // The least host gets a whole number of entries; the others come as near as running sums
        // do.
        double scale =
                Math.min(
                        Math.ceil(weighted.min() * (double) config.minSize()) / weighted.min(),
                        (double) config.maxSize());
        int capacity = (int) Math.ceil(scale) + weighted.hosts().length;
        var keys = new Entry[capacity];
        int size = 0;
        double target = 0;
        for (int i = 0; i < weighted.hosts().length; i++) {
            var host = weighted.hosts()[i];
            target += scale * weighted.shares()[i];
            var key = (host.hashKey(hashHostname) + "_").getBytes(StandardCharsets.UTF_8);
            var buffer = Arrays.copyOf(key, key.length + DIGITS);
            for (int n = 0; size < target; n++) {
                int length = key.length + digits(n, buffer, key.length);
                keys[size++] = new Entry(hash(config.function(), buffer, length), host);
            }
        }
        Arrays.sort(keys, 0, size, (a, b) -> Long.compareUnsigned(a.hash, b.hash));
        var hashes = new long[size];
        var hosts = new Host[size];
        for (int i = 0; i < size; i++) {
            hashes[i] = keys[i].hash;
            hosts[i] = keys[i].host;
        }
        return new HashRing(hashes, hosts);
    }

    private record Entry(long hash, Host host) {}

    private static long hash(BalancerConfig.HashFunction function, byte[] key, int length) {
        return switch (function) {
            case XX_HASH -> XxHash64.hash(key, length, 0);
            case MURMUR_HASH_2 -> MurmurHash2.hash(key, length);
        };
    }

    private static int digits(int value, byte[] into, int at) {
        var text = Integer.toString(value);
        for (int i = 0; i < text.length(); i++) {
            into[at + i] = (byte) text.charAt(i);
        }
        return text.length();
    }

    @Override
    public @Nullable Host find(long hash, int attempt) {
        int low = 0;
        int high = hashes.length;
        while (low < high) {
            int middle = low + high >>> 1;
            if (Long.compareUnsigned(hashes[middle], hash) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        // Beyond the last entry the ring begins again.
        int found = low == hashes.length ? 0 : low;
        return hosts[attempt == 0 ? found : (int) ((found + (long) attempt) % hosts.length)];
    }

    int size() {
        return hashes.length;
    }
}
