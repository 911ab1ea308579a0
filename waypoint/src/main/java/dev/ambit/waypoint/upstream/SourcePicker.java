package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.upstream.BalancerConfig.SlowStart;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// ROUND_ROBIN, LEAST_REQUEST and RANDOM: first a priority and its healthy or degraded hosts, then,
/// where localities are weighted, a locality, then a host of those. Where weights differ, or hosts
/// are new, the choice is by schedule; where they don't it needs none.
final class SourcePicker implements Picker {
    private final ClusterState state;
    private final BalancerConfig balancer;
    private final RandomGenerator random;
    private final NanoClock clock;
    private final @Nullable SlowStart slowStart;
    private final Level[] levels;

    SourcePicker(ClusterState state, RandomGenerator random, NanoClock clock) {
        this.state = state;
        this.balancer = state.config().balancer();
        this.random = random;
        this.clock = clock;
        this.slowStart = slowStart(balancer).orElse(null);
        levels = new Level[state.priorities().size()];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = new Level(state.priorities().get(i));
        }
    }

    private static Optional<SlowStart> slowStart(BalancerConfig balancer) {
        return switch (balancer) {
            case BalancerConfig.RoundRobin(var slow) -> slow;
            case BalancerConfig.LeastRequest(_, _, var slow) -> slow;
            case BalancerConfig.Random _,
                    BalancerConfig.RingHash _,
                    BalancerConfig.Maglev _,
                    BalancerConfig.Provided _ ->
                    Optional.empty();
        };
    }

    @Override
    public @Nullable Host pick(PickContext context) {
        var load =
                context.triedPriorities().isEmpty()
                        ? state.load()
                        : state.load().without(context.triedPriorities());
        Host host = null;
        for (int attempt = 0; attempt <= context.maxPicks(); attempt++) {
            host = once(load);
            if (host == null || !Picker.tried(context.tried(), host)) {
                return host;
            }
        }
        return host;
    }

    private @Nullable Host once(PriorityLoad load) {
        long hash = random.nextLong();
        int chosen = load.choose(hash);
        boolean degraded = chosen < 0;
        int priority = degraded ? ~chosen : chosen;
        var level = levels[priority];
        if (state.panicAt(priority)) {
            return state.config().shared().failOnPanic() ? null : level.all.pick(hash);
        }
        if (state.config().shared().localityWeighted()) {
            var locality = level.locality(degraded);
            if (locality != null) {
                return locality.pick(hash);
            }
        }
        return (degraded ? level.degraded : level.healthy).pick(hash);
    }

    /// One priority.
    private final class Level {
        private final Source all;
        private final Source healthy;
        private final Source degraded;
        private final Source[] healthyByLocality;
        private final Source[] degradedByLocality;
        private final double[] healthyWeights;
        private final double[] degradedWeights;
        private @Nullable EdfSchedule healthyLocalities;
        private @Nullable EdfSchedule degradedLocalities;

        Level(HostSet set) {
            all = new Source(set.all());
            healthy = new Source(set.healthy());
            degraded = new Source(set.degraded());
            int count = set.localities().size();
            healthyByLocality = new Source[count];
            degradedByLocality = new Source[count];
            if (!state.config().shared().localityWeighted()) {
                healthyWeights = new double[0];
                degradedWeights = new double[0];
                return;
            }
            for (int i = 0; i < count; i++) {
                healthyByLocality[i] = new Source(set.localities().get(i).healthy());
                degradedByLocality[i] = new Source(set.localities().get(i).degraded());
            }
            int factor = state.policy().overprovisioningFactor();
            healthyWeights = set.effectiveWeights(false, factor);
            degradedWeights = set.effectiveWeights(true, factor);
            healthyLocalities = schedule(healthyWeights);
            degradedLocalities = schedule(degradedWeights);
        }

        private @Nullable EdfSchedule schedule(double[] weights) {
            var made = new EdfSchedule(weights.length, i -> weights[i], begin(weights.length));
            return made.isEmpty() ? null : made;
        }

        /// Null where no locality has both weight and hosts.
        @Nullable Source locality(boolean ofDegraded) {
            var schedule = ofDegraded ? degradedLocalities : healthyLocalities;
            if (schedule == null) {
                return null;
            }
            double[] weights = ofDegraded ? degradedWeights : healthyWeights;
            int at = schedule.pick(i -> weights[i]);
            return (ofDegraded ? degradedByLocality : healthyByLocality)[at];
        }
    }

    private int begin(int count) {
        return count == 0 ? 0 : random.nextInt(count);
    }

    /// Hosts to choose among.
    private final class Source {
        private final Host[] hosts;
        private final EdfSchedule.Weight weighing = this::weight;
        private boolean prepared;
        private @Nullable EdfSchedule schedule;
        private int next;

        Source(Host[] hosts) {
            this.hosts = hosts;
        }

        @Nullable Host pick(long hash) {
            if (hosts.length == 0) {
                return null;
            }
            if (balancer instanceof BalancerConfig.Random) {
                return hosts[(int) Long.remainderUnsigned(hash, hosts.length)];
            }
            if (!prepared) {
                prepare();
            }
            if (schedule != null) {
                return hosts[schedule.pick(weighing)];
            }
            if (balancer instanceof BalancerConfig.LeastRequest(int choices, _, _)) {
                return least(choices);
            }
            next = next + 1 == hosts.length ? 0 : next + 1;
            return hosts[next];
        }

        private void prepare() {
            prepared = true;
            next = begin(hosts.length);
            if (hosts.length > 1 && (!equalWeights() || anyNew())) {
                schedule = new EdfSchedule(hosts.length, weighing, begin(hosts.length));
            }
        }

        private boolean equalWeights() {
            for (var host : hosts) {
                if (host.weight() != hosts[0].weight()) {
                    return false;
                }
            }
            return true;
        }

        private Host least(int choices) {
            var best = hosts[random.nextInt(hosts.length)];
            for (int i = 1; i < choices; i++) {
                var other = hosts[random.nextInt(hosts.length)];
                if (other.activeRequests() < best.activeRequests()) {
                    best = other;
                }
            }
            return best;
        }

        private double weight(int index) {
            var host = hosts[index];
            double weight = host.weight();
            if (balancer instanceof BalancerConfig.LeastRequest(_, double bias, _)) {
                double load = host.activeRequests() + 1.0;
                weight /= bias == 1 ? load : Math.pow(load, bias);
            }
            return slowStart == null ? weight : weight * warmth(host, slowStart);
        }
    }

    /// Whether some host of the cluster is still in its slow start.
    private boolean anyNew() {
        return slowStart != null
                && clock.nanoTime() - state.newestHostNanos() <= slowStart.window().toNanos();
    }

    /// The share of its weight that a host gets for its age.
    private double warmth(Host host, SlowStart slow) {
        long since = host.healthySinceNanos();
        if (since == 0 || host.health() != Endpoint.Health.HEALTHY) {
            return 1;
        }
        long window = slow.window().toMillis();
        long age = (clock.nanoTime() - since) / 1_000_000;
        if (age >= window) {
            return 1;
        }
        double share = (double) Math.max(1, age) / window;
        double bent = slow.aggression() == 1 ? share : Math.pow(share, 1 / slow.aggression());
        return Math.max(bent, slow.minWeight());
    }
}
