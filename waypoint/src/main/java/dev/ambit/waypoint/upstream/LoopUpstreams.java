package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.pool.HostPools;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The clusters on one loop.
final class LoopUpstreams implements Upstreams {
    private final ClusterStore store;
    private final int index;
    final Executor loop;
    final HostPools pools;
    final RandomGenerator random;

    LoopUpstreams(
            ClusterStore store, int index, Executor loop, HostPools pools, RandomGenerator random) {
        this.store = store;
        this.index = index;
        this.loop = loop;
        this.pools = pools;
        this.random = random;
    }

    @Override
    public @Nullable Upstream find(String name) {
        var cluster = store.cluster(name);
        if (cluster == null) {
            return null;
        }
        var known = cluster.loops[index];
        if (known == null) {
            known = new LoopUpstream(cluster, this, store.clock());
            cluster.loops[index] = known;
        }
        return known;
    }

    int index() {
        return index;
    }
}
