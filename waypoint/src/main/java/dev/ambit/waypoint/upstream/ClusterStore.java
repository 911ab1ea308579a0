package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.pool.HostPools;
import dev.ambit.waypoint.pool.PoolKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// All clusters. One writer at a time, the control plane's client; loops read without locks. What a
/// change takes away ends with its last exchange.
public final class ClusterStore {
    private final Control control;
    private final Resolver resolver;
    private final UpstreamLimits limits;
    private final int loopCount;
    private final Map<String, Cluster> clusters = new ConcurrentHashMap<>();

    /// By the name that the control plane knows them by; kept for clusters that come later.
    private final Map<String, EndpointSet> endpoints = new ConcurrentHashMap<>();

    private final List<LoopUpstreams> loops = new CopyOnWriteArrayList<>();

    /// @param loopCount how many times `upstreams` will be called at most
    public ClusterStore(Control control, Resolver resolver, UpstreamLimits limits, int loopCount) {
        this.control = control;
        this.resolver = resolver;
        this.limits = limits;
        this.loopCount = loopCount;
    }

    /// The clusters on one more loop.
    ///
    /// @param loop runs what is for that loop
    public Upstreams upstreams(Executor loop, HostPools pools, RandomGenerator random) {
        if (loops.size() >= loopCount) {
            throw new IllegalStateException("more loops than the " + loopCount + " expected");
        }
        var made = new LoopUpstreams(this, loops.size(), loop, pools, random);
        loops.add(made);
        return made;
    }

    /// Adds a cluster or changes it.
    public void apply(ClusterConfig config) {
        var known = clusters.get(config.name());
        if (known != null && known.config().equals(config)) {
            return;
        }
        var cluster =
                known != null
                        ? known
                        : new Cluster(config, control, resolver, limits, loopCount, this::retire);
        cluster.configure(
                config,
                config.discovery() instanceof Discovery.Eds(var service)
                        ? endpoints.get(service)
                        : null);
        clusters.put(config.name(), cluster);
    }

    public void remove(String name) {
        var cluster = clusters.remove(name);
        if (cluster != null) {
            cluster.remove();
        }
    }

    /// Sets the endpoints that clusters of type EDS know as `service`.
    public void endpoints(String service, EndpointSet value) {
        if (value.equals(endpoints.put(service, value))) {
            return;
        }
        var own = clusters.get(service);
        if (own != null && of(own, service)) {
            // istiod names them alike: no search.
            own.endpoints(value);
            return;
        }
        for (var cluster : clusters.values()) {
            if (of(cluster, service)) {
                cluster.endpoints(value);
            }
        }
    }

    private static boolean of(Cluster cluster, String service) {
        return cluster.config().discovery() instanceof Discovery.Eds(var name)
                && name.equals(service);
    }

    /// The control plane no longer has them: a cluster that still is there keeps what it has, as in
    /// Envoy, where the removal of a cluster is what ends it.
    public void forgetEndpoints(String service) {
        endpoints.remove(service);
    }

    public @Nullable ClusterConfig config(String name) {
        var cluster = clusters.get(name);
        return cluster == null ? null : cluster.config();
    }

    public Collection<ClusterConfig> configs() {
        var all = new ArrayList<ClusterConfig>();
        clusters.values().forEach(c -> all.add(c.config()));
        return all;
    }

    /// Whether the hosts of a cluster are known, even if there are none: what a listener that needs
    /// it waits for. A cluster that is not there is not waited for.
    public boolean warm(String name) {
        var cluster = clusters.get(name);
        return cluster == null || cluster.warm();
    }

    /// Ends look-ups and sweeps.
    public void close() {
        List.copyOf(clusters.keySet()).forEach(this::remove);
    }

    /// By name.
    public List<ClusterStatus> status() {
        var all = new ArrayList<ClusterStatus>();
        clusters.values().stream()
                .sorted(java.util.Comparator.comparing(Cluster::name))
                .forEach(c -> all.add(ClusterStatus.of(c)));
        return all;
    }

    @Nullable Cluster cluster(String name) {
        return clusters.get(name);
    }

    Picker.NanoClock clock() {
        return control::nanoTime;
    }

    private void retire(Predicate<PoolKey> which) {
        for (var loop : loops) {
            loop.loop.execute(() -> loop.pools.retire(which));
        }
    }
}
