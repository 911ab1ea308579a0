package dev.ambit.waypoint.upstream;

import org.jspecify.annotations.Nullable;

/// Consistent hashing with bounded loads (arXiv 1608.01350, 1908.08762): a host that has more than
/// its share of the active requests gives what it should get to others, in an order that the hash
/// determines.
final class BoundedLoad implements HashTable {
    private static final int PERCENT = 100;

    private final HashTable inner;
    private final WeightedHosts hosts;
    private final int factor;

    private BoundedLoad(HashTable inner, WeightedHosts hosts, int factor) {
        this.inner = inner;
        this.hosts = hosts;
        this.factor = factor;
    }

    /// @param factor percent of the mean load that a host may have; 0 for no bound
    static HashTable around(HashTable inner, WeightedHosts hosts, int factor) {
        return factor == 0 ? inner : new BoundedLoad(inner, hosts, factor);
    }

    @Override
    public @Nullable Host find(long hash, int attempt) {
        var first = inner.find(hash, attempt);
        if (first == null) {
            return null;
        }
        long active = 0;
        int firstAt = 0;
        for (int i = 0; i < hosts.hosts().length; i++) {
            active += hosts.hosts()[i].activeRequests();
            firstAt = hosts.hosts()[i] == first ? i : firstAt;
        }
        double least = overload(firstAt, active);
        if (least <= 1) {
            return first;
        }
        var best = first;
        var random = new MersenneTwister((int) hash);
        int[] order = new int[hosts.hosts().length];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        for (int i = 0; i < order.length; i++) {
            int j = i + random.below(order.length - i);
            int k = order[j];
            order[j] = order[i];
            order[i] = k;
            var other = hosts.hosts()[k];
            if (other == first) {
                continue;
            }
            double overload = overload(k, active);
            if (overload <= 1) {
                return other;
            }
            if (overload < least) {
                least = overload;
                best = other;
            }
        }
        return best;
    }

    private double overload(int at, long active) {
        long slots = ((active + 1) * factor + PERCENT - 1) / PERCENT;
        long own = Math.max(1, (long) Math.ceil(slots * hosts.shares()[at]));
        return (double) hosts.hosts()[at].activeRequests() / own;
    }

    /// MT19937, for the same order as Envoy's.
    private static final class MersenneTwister {
        private static final int N = 624;
        private static final int M = 397;
        private final int[] state = new int[N];
        private int at = N;

        MersenneTwister(int seed) {
            state[0] = seed;
            for (int i = 1; i < N; i++) {
                state[i] = 1812433253 * (state[i - 1] ^ state[i - 1] >>> 30) + i;
            }
        }

        /// Uniform, 0 to `bound` - 1.
        int below(int bound) {
            long bucket = (1L << 32) / bound;
            long x = bound;
            while (x >= bound) {
                x = (next() & 0xFFFFFFFFL) / bucket;
            }
            return (int) x;
        }

        private int next() {
            if (at == N) {
                turn();
            }
            int y = state[at++];
            y ^= y >>> 11;
            y ^= y << 7 & 0x9D2C5680;
            y ^= y << 15 & 0xEFC60000;
            return y ^ y >>> 18;
        }

        private void turn() {
            for (int i = 0; i < N; i++) {
                int y = state[i] & 0x80000000 | state[(i + 1) % N] & 0x7FFFFFFF;
                int mixed = y >>> 1 ^ ((y & 1) == 0 ? 0 : 0x9908B0DF);
                state[i] = state[(i + M) % N] ^ mixed;
            }
            at = 0;
        }
    }
}
