package dev.ambit.waypoint.xds.cluster;

import static dev.ambit.waypoint.xds.cluster.Values.duration;
import static dev.ambit.waypoint.xds.cluster.Values.integer;
import static dev.ambit.waypoint.xds.cluster.Values.whole;

import dev.ambit.waypoint.upstream.BalancerConfig;
import dev.ambit.waypoint.upstream.SharedConfig;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.CommonLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.SlowStartConfig;
import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import java.math.BigInteger;
import java.util.Optional;

/// `lb_policy`, its options, and `common_lb_config`.
final class BalancerCompiler {
    /// Envoy's bounds and defaults.
    private static final long RING_DEFAULT = 1024;

    private static final long RING_MOST = 8L * 1024 * 1024;
    private static final long TABLE_DEFAULT = 65_537;
    private static final long TABLE_MOST = 5_000_011;
    private static final int CHOICES_DEFAULT = 2;
    private static final int CHOICES_MOST = 1_000;
    private static final double MIN_WEIGHT_DEFAULT = 10;

    private BalancerCompiler() {}

    static BalancerConfig compile(Cluster from) throws Refused {
        int factor =
                integer(
                        "consistent_hashing_lb_config.hash_balance_factor",
                        from.getCommonLbConfig()
                                .getConsistentHashingLbConfig()
                                .hasHashBalanceFactor(),
                        from.getCommonLbConfig()
                                .getConsistentHashingLbConfig()
                                .getHashBalanceFactor(),
                        0);
        return switch (from.getLbPolicy()) {
            case ROUND_ROBIN ->
                    new BalancerConfig.RoundRobin(
                            slowStart(
                                    from.getRoundRobinLbConfig().hasSlowStartConfig(),
                                    from.getRoundRobinLbConfig().getSlowStartConfig()));
            case LEAST_REQUEST -> leastRequest(from.getLeastRequestLbConfig());
            case RANDOM -> new BalancerConfig.Random();
            case RING_HASH -> ring(from.getRingHashLbConfig(), factor);
            case MAGLEV -> new BalancerConfig.Maglev(table(from.getMaglevLbConfig()), factor);
            case CLUSTER_PROVIDED -> new BalancerConfig.Provided();
            case LOAD_BALANCING_POLICY_CONFIG, UNRECOGNIZED ->
                    throw new Refused(
                            "lb_policy",
                            from.getLbPolicy().toString(),
                            "ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH, MAGLEV or"
                                    + " CLUSTER_PROVIDED");
        };
    }

    private static BalancerConfig leastRequest(Cluster.LeastRequestLbConfig from) throws Refused {
        double bias =
                from.hasActiveRequestBias() ? from.getActiveRequestBias().getDefaultValue() : 1;
        if (!(bias >= 0)) {
            throw new Refused("active_request_bias", Double.toString(bias), "0 or more");
        }
        return new BalancerConfig.LeastRequest(
                integer(
                        "choice_count",
                        Values.uint(from.hasChoiceCount(), from.getChoiceCount(), CHOICES_DEFAULT),
                        2,
                        CHOICES_MOST),
                bias,
                slowStart(from.hasSlowStartConfig(), from.getSlowStartConfig()));
    }

    private static Optional<BalancerConfig.SlowStart> slowStart(
            boolean present, SlowStartConfig from) throws Refused {
        if (!present) {
            return Optional.empty();
        }
        var window = duration("slow_start_window", from.getSlowStartWindow());
        if (window.isZero()) {
            return Optional.empty();
        }
        double aggression = aggression(from.hasAggression(), from.getAggression());
        return Optional.of(
                new BalancerConfig.SlowStart(
                        window,
                        aggression,
                        Values.percent(
                                        "min_weight_percent",
                                        from.hasMinWeightPercent(),
                                        from.getMinWeightPercent(),
                                        MIN_WEIGHT_DEFAULT)
                                / 100));
    }

    /// Envoy takes 1 for what makes no sense.
    private static double aggression(boolean present, RuntimeDouble from) {
        return present && from.getDefaultValue() > 0 ? from.getDefaultValue() : 1;
    }

    private static BalancerConfig ring(Cluster.RingHashLbConfig from, int factor) throws Refused {
        long least =
                whole(
                        "minimum_ring_size",
                        from.hasMinimumRingSize(),
                        from.getMinimumRingSize(),
                        RING_DEFAULT,
                        RING_MOST);
        long most =
                whole(
                        "maximum_ring_size",
                        from.hasMaximumRingSize(),
                        from.getMaximumRingSize(),
                        RING_MOST,
                        RING_MOST);
        if (least > most || most == 0) {
            throw new Refused(
                    "minimum_ring_size", Long.toString(least), "at most maximum_ring_size " + most);
        }
        return switch (from.getHashFunction()) {
            case XX_HASH ->
                    new BalancerConfig.RingHash(
                            least, most, BalancerConfig.HashFunction.XX_HASH, factor);
            case MURMUR_HASH_2 ->
                    new BalancerConfig.RingHash(
                            least, most, BalancerConfig.HashFunction.MURMUR_HASH_2, factor);
            case UNRECOGNIZED ->
                    throw new Refused(
                            "hash_function",
                            Integer.toString(from.getHashFunctionValue()),
                            "XX_HASH or MURMUR_HASH_2");
        };
    }

    private static int table(Cluster.MaglevLbConfig from) throws Refused {
        long size =
                whole(
                        "table_size",
                        from.hasTableSize(),
                        from.getTableSize(),
                        TABLE_DEFAULT,
                        TABLE_MOST);
        if (!BigInteger.valueOf(size).isProbablePrime(50)) {
            throw new Refused("table_size", Long.toString(size), "a prime number");
        }
        return (int) size;
    }

    static SharedConfig shared(CommonLbConfig from, CompileScope scope) throws Refused {
        if (from.hasUpdateMergeWindow()) {
            scope.skipped("common_lb_config.update_merge_window");
        }
        if (from.hasOverrideHostStatus()) {
            scope.skipped("common_lb_config.override_host_status");
        }
        double threshold =
                Values.percent(
                        "healthy_panic_threshold",
                        from.hasHealthyPanicThreshold(),
                        from.getHealthyPanicThreshold(),
                        SharedConfig.DEFAULT_PANIC);
        return new SharedConfig(
                (int) Math.round(threshold),
                from.hasLocalityWeightedLbConfig(),
                from.getZoneAwareLbConfig().getFailTrafficOnPanic(),
                from.getConsistentHashingLbConfig().getUseHostnameForHashing());
    }
}
