package dev.ambit.control.l7.cluster;

import com.google.protobuf.UInt64Value;
import dev.ambit.control.compile.TrafficDistribution;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.traffic.LoadBalancer;
import dev.ambit.control.resource.traffic.LocalityLb;
import dev.ambit.control.resource.traffic.MeshTraffic;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.SlowStartConfig;
import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.type.v3.Percent;
import java.util.Optional;

/// How an endpoint is chosen.
final class Balancers {
    private static final double WARMUP_PERCENT = 10;
    private static final double WARMUP_AGGRESSION = 1;

    /// Envoy wants some key; istiod's choice, which nobody sets at run time.
    private static final String WARMUP_KEY = "(";

    private static final long RING = 1024;

    private Balancers() {}

    /// @param outliers endpoints are ejected: only then traffic fails over between localities
    /// @param sharding a protocol whose keys must stay with their endpoint
    static void apply(
            ClusterDraft draft,
            MeshService service,
            MeshTraffic mesh,
            Optional<LoadBalancer> balancer,
            boolean outliers,
            boolean sharding) {
        var cluster = draft.cluster;
        // No panic: what is not ready gets no traffic, even when nothing is ready.
        if (!cluster.getCommonLbConfig().hasHealthyPanicThreshold()) {
            cluster.getCommonLbConfigBuilder()
                    .setHealthyPanicThreshold(Percent.getDefaultInstance());
        }
        if (weighted(service, mesh, balancer, outliers)) {
            cluster.getCommonLbConfigBuilder()
                    .setLocalityWeightedLbConfig(LocalityWeightedLbConfig.getDefaultInstance());
        }
        if (draft.is(Cluster.DiscoveryType.ORIGINAL_DST)) {
            cluster.setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED);
            return;
        }
        if (sharding) {
            cluster.setLbPolicy(Cluster.LbPolicy.MAGLEV);
            return;
        }
        switch (balancer.map(LoadBalancer::simple).orElse(LoadBalancer.Simple.UNSPECIFIED)) {
            case UNSPECIFIED, LEAST_CONN, LEAST_REQUEST -> leastRequest(cluster, balancer);
            case ROUND_ROBIN -> roundRobin(cluster, balancer);
            case RANDOM -> cluster.setLbPolicy(Cluster.LbPolicy.RANDOM);
            case PASSTHROUGH ->
                    cluster.setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED)
                            .setType(Cluster.DiscoveryType.ORIGINAL_DST)
                            .clearLoadAssignment();
        }
        balancer.flatMap(LoadBalancer::hash).ifPresent(h -> hash(cluster, h));
    }

    /// Whether localities have weights of their own: only where somebody asked for an order or
    /// shares, because weights take the say from the policy.
    private static boolean weighted(
            MeshService service,
            MeshTraffic mesh,
            Optional<LoadBalancer> balancer,
            boolean outliers) {
        if (balancer.map(LoadBalancer::zoneAware).orElse(false)) {
            return false;
        }
        var own = balancer.flatMap(LoadBalancer::locality);
        if (own.isEmpty() && service.distribution() != TrafficDistribution.ANY) {
            return true;
        }
        return own.or(() -> Optional.of(mesh.localityLb()))
                .filter(l -> l.enabled().orElse(true))
                .map(l -> orders(l, outliers))
                .orElse(false);
    }

    private static boolean orders(LocalityLb setting, boolean outliers) {
        return !setting.distribute().isEmpty()
                || outliers
                        && (!setting.failover().isEmpty() || !setting.failoverPriority().isEmpty());
    }

    private static void leastRequest(Cluster.Builder cluster, Optional<LoadBalancer> balancer) {
        cluster.setLbPolicy(Cluster.LbPolicy.LEAST_REQUEST);
        slowStart(balancer)
                .ifPresent(s ->
                        cluster.setLeastRequestLbConfig(
                                Cluster.LeastRequestLbConfig.newBuilder().setSlowStartConfig(s)));
    }

    private static void roundRobin(Cluster.Builder cluster, Optional<LoadBalancer> balancer) {
        cluster.setLbPolicy(Cluster.LbPolicy.ROUND_ROBIN);
        slowStart(balancer)
                .ifPresent(s ->
                        cluster.setRoundRobinLbConfig(
                                Cluster.RoundRobinLbConfig.newBuilder().setSlowStartConfig(s)));
    }

    private static Optional<SlowStartConfig> slowStart(Optional<LoadBalancer> balancer) {
        return balancer.flatMap(LoadBalancer::warmup)
                .map(Balancers::slowStart)
                .or(() ->
                        balancer.flatMap(LoadBalancer::warmupDuration)
                                .map(d ->
                                        SlowStartConfig.newBuilder()
                                                .setSlowStartWindow(Protos.duration(d))
                                                .build()));
    }

    private static SlowStartConfig slowStart(LoadBalancer.Warmup warmup) {
        return SlowStartConfig.newBuilder()
                .setSlowStartWindow(Protos.duration(warmup.duration()))
                .setAggression(
                        RuntimeDouble.newBuilder()
                                .setDefaultValue(warmup.aggression().orElse(WARMUP_AGGRESSION))
                                .setRuntimeKey(WARMUP_KEY))
                .setMinWeightPercent(
                        Percent.newBuilder()
                                .setValue(warmup.minimumPercent().orElse(WARMUP_PERCENT)))
                .build();
    }

    private static void hash(Cluster.Builder cluster, LoadBalancer.ConsistentHash hash) {
        switch (hash.algorithm()) {
            case LoadBalancer.Algorithm.Maglev(long size) ->
                    cluster.setLbPolicy(Cluster.LbPolicy.MAGLEV)
                            .setMaglevLbConfig(
                                    Cluster.MaglevLbConfig.newBuilder()
                                            .setTableSize(UInt64Value.of(size)));
            case LoadBalancer.Algorithm.Ring(long size) -> {
                cluster.setLbPolicy(Cluster.LbPolicy.RING_HASH);
                if (size != 0) {
                    ring(cluster, size);
                }
            }
            case LoadBalancer.Algorithm.NotSaid() -> {
                cluster.setLbPolicy(Cluster.LbPolicy.RING_HASH);
                ring(cluster, hash.minimumRingSize() != 0 ? hash.minimumRingSize() : RING);
            }
        }
    }

    private static void ring(Cluster.Builder cluster, long size) {
        cluster.setRingHashLbConfig(
                Cluster.RingHashLbConfig.newBuilder().setMinimumRingSize(UInt64Value.of(size)));
    }
}
