package dev.ambit.waypoint.upstream;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// RING_HASH and MAGLEV: the same hash, the same host.
final class HashPicker implements Picker {
    private final ClusterState state;
    private final RandomGenerator random;

    HashPicker(ClusterState state, RandomGenerator random) {
        this.state = state;
        this.random = random;
    }

    @Override
    public @Nullable Host pick(PickContext context) {
        long hash = context.hash().isPresent() ? context.hash().getAsLong() : random.nextLong();
        int chosen = state.load().choose(hash);
        // As in Envoy tables hold healthy hosts only: a degraded priority's too.
        var table = state.tables().get(chosen < 0 ? ~chosen : chosen);
        Host host = null;
        for (int attempt = 0; attempt <= context.maxPicks(); attempt++) {
            host = table.find(hash, attempt);
            if (host == null || !Picker.tried(context.tried(), host)) {
                return host;
            }
        }
        return host;
    }
}
