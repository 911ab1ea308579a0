package dev.ambit.waypoint.upstream;

import java.time.Duration;
import java.util.Optional;

/// `lb_policy` with its options.
public sealed interface BalancerConfig {
    record RoundRobin(Optional<SlowStart> slowStart) implements BalancerConfig {}

    /// @param choices hosts looked at, of which the one with fewest requests is taken
    /// @param bias how much active requests take away from a weight
    record LeastRequest(int choices, double bias, Optional<SlowStart> slowStart)
            implements BalancerConfig {}

    record Random() implements BalancerConfig {}

    /// @param minSize entries of the ring at least, shared among the hosts
    /// @param maxSize entries at most
    record RingHash(long minSize, long maxSize, HashFunction function, int balanceFactor)
            implements BalancerConfig {}

    /// @param tableSize entries, a prime
    record Maglev(int tableSize, int balanceFactor) implements BalancerConfig {}

    /// The discovery itself says which host (`CLUSTER_PROVIDED`).
    record Provided() implements BalancerConfig {}

    enum HashFunction {
        XX_HASH,
        MURMUR_HASH_2
    }

    /// A new host gets little at first.
    ///
    /// @param window since it became healthy
    /// @param aggression over 1: more at first
    /// @param minWeight share of its weight that it gets at least, 0 to 1
    record SlowStart(Duration window, double aggression, double minWeight) {}
}
