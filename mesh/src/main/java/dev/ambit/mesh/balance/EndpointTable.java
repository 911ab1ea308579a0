package dev.ambit.mesh.balance;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Those that are equally near, to be drawn by weight. Immutable; a draw allocates nothing that
/// grows with the number of endpoints: one step where all weigh the same, else a binary search.
public final class EndpointTable {
    static final EndpointTable EMPTY = new EndpointTable(List.of());

    private final List<Upstream> upstreams;

    /// Running sums of the weights; empty where all weigh the same.
    private final long[] upTo;

    /// @param upstreams each with a weight (`capacity`) above 0
    EndpointTable(List<Upstream> upstreams) {
        this.upstreams = List.copyOf(upstreams);
        this.upTo = allEqual(upstreams) ? new long[0] : runningSums(upstreams);
    }

    private static boolean allEqual(List<Upstream> upstreams) {
        return upstreams.stream().mapToInt(u -> u.workload().capacity()).distinct().count() <= 1;
    }

    private static long[] runningSums(List<Upstream> upstreams) {
        var sums = upstreams.stream().mapToLong(u -> u.workload().capacity()).toArray();
        for (int i = 1; i < sums.length; i++) {
            sums[i] += sums[i - 1];
        }
        return sums;
    }

    /// Empty if there is nobody.
    public Optional<Upstream> pick(RandomGenerator random) {
        if (upstreams.isEmpty()) {
            return Optional.empty();
        }
        if (upTo.length == 0) {
            return Optional.of(upstreams.get(random.nextInt(upstreams.size())));
        }
        long drawn = random.nextLong(upTo[upTo.length - 1]);
        int found = Arrays.binarySearch(upTo, drawn + 1);
        return Optional.of(upstreams.get(found < 0 ? -found - 1 : found));
    }

    public List<Upstream> upstreams() {
        return upstreams;
    }
}
