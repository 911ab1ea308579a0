package dev.ambit.waypoint.upstream;

import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Chooses a host out of one state of a cluster, for one loop.
sealed interface Picker permits SourcePicker, HashPicker {
    /// Null where there is none to be had.
    @Nullable Host pick(PickContext context);

    static Picker of(ClusterState state, RandomGenerator random, NanoClock clock) {
        return switch (state.config().balancer()) {
            case BalancerConfig.RingHash _, BalancerConfig.Maglev _ ->
                    new HashPicker(state, random);
            case BalancerConfig.RoundRobin _,
                    BalancerConfig.LeastRequest _,
                    BalancerConfig.Random _,
                    BalancerConfig.Provided _ ->
                    new SourcePicker(state, random, clock);
        };
    }

    interface NanoClock {
        long nanoTime();
    }

    /// Whether an earlier attempt went to this host (`previous_hosts`).
    static boolean tried(List<UpstreamHost> tried, Host host) {
        for (int i = 0; i < tried.size(); i++) {
            if (tried.get(i) == host || tried.get(i).address().equals(host.address())) {
                return true;
            }
        }
        return false;
    }
}
