package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.pool.PoolKey;
import dev.ambit.waypoint.pool.Target;
import dev.ambit.waypoint.pool.TransportConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One cluster, from its first configuration to its removal. Control threads change it, one at a
/// time; loops read `state` without a lock.
final class Cluster implements OutlierDetector.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

    private final Control control;
    private final Resolver resolver;
    private final UpstreamLimits limits;
    private final Consumer<Predicate<PoolKey>> retire;
    private final ReentrantLock lock = new ReentrantLock();
    private final int loopCount;
    final CircuitBreakers breakers;

    /// Of each loop; a slot is touched by its loop alone.
    final @Nullable LoopUpstream[] loops;

    private volatile ClusterConfig config;
    private volatile ClusterState state;
    private volatile boolean warm;
    private volatile boolean removed;
    private volatile @Nullable OnDemandHosts onDemand;
    private volatile @Nullable ForwardHosts forward;
    private volatile @Nullable OutlierDetector outlier;
    private final List<NameWatch> watches = new ArrayList<>();
    private Map<String, Host> hosts = new LinkedHashMap<>();
    private EndpointSet endpoints = EndpointSet.EMPTY;

    /// @param retire has connections retired on all loops
    Cluster(
            ClusterConfig config,
            Control control,
            Resolver resolver,
            UpstreamLimits limits,
            int loopCount,
            Consumer<Predicate<PoolKey>> retire) {
        this.config = config;
        this.control = control;
        this.resolver = resolver;
        this.limits = limits;
        this.loopCount = loopCount;
        this.retire = retire;
        this.breakers = new CircuitBreakers(config.breakers(), control);
        this.loops = new LoopUpstream[loopCount];
        this.state = ClusterState.of(config, EndpointSet.EMPTY, Map.of());
    }

    String name() {
        return config.name();
    }

    ClusterConfig config() {
        return config;
    }

    ClusterState state() {
        return state;
    }

    boolean removed() {
        return removed;
    }

    /// Whether its hosts are known, even if there are none.
    boolean warm() {
        return warm;
    }

    @Nullable OnDemandHosts onDemand() {
        return onDemand;
    }

    @Nullable ForwardHosts forward() {
        return forward;
    }

    @Nullable OutlierDetector outlier() {
        return outlier;
    }

    @Override
    public void locked(Runnable task) {
        lock.lock();
        try {
            if (!removed) {
                task.run();
            }
        } finally {
            lock.unlock();
        }
    }

    /// The first time, or with another configuration.
    ///
    /// @param known what the control plane has said of its endpoints so far; null for nothing
    void configure(ClusterConfig value, @Nullable EndpointSet known) {
        locked(() -> {
            var before = config;
            config = value;
            breakers.config(value.breakers());
            configureOutlier(value);
            boolean sameSource = before.discovery().equals(value.discovery()) && warm;
            if (!sameSource) {
                stopSource();
                startSource(value, known);
            }
            // Transports and weights may be others now.
            place(endpoints);
            if (!transports(before).equals(transports(value))) {
                var now = transports(value);
                retire.accept(
                        key -> key.cluster().equals(name()) && !now.contains(key.transport()));
            }
        });
    }

    private static Set<TransportConfig> transports(ClusterConfig of) {
        var all = new HashSet<TransportConfig>();
        all.add(of.transport());
        of.matches().forEach(m -> all.add(m.transport()));
        return all;
    }

    private void configureOutlier(ClusterConfig value) {
        var wanted = value.outlier().orElse(null);
        var current = outlier;
        if (current != null && current.config().equals(wanted)) {
            return;
        }
        if (current != null) {
            current.stop();
        }
        outlier = wanted == null ? null : new OutlierDetector(wanted, control, this);
        if (outlier != null) {
            outlier.hosts(hosts.values());
            outlier.start();
        }
    }

    private void startSource(ClusterConfig value, @Nullable EndpointSet known) {
        switch (value.discovery()) {
            case Discovery.Eds _ -> {
                if (known != null) {
                    endpoints = known;
                    warm = true;
                }
            }
            case Discovery.Static(var set) -> {
                endpoints = set;
                warm = true;
            }
            case Discovery.StrictDns(var names, var dns, int factor) -> {
                for (var named : names) {
                    watch(named, dns, () -> resolved(names, factor));
                }
                warm = names.isEmpty();
            }
            case Discovery.LogicalDns(var named, var dns) ->
                    watch(named, dns, () -> logical(named));
            case Discovery.OriginalDst(_, var cleanup) -> demand(cleanup);
            case Discovery.OriginalTunnel _ -> demand(OnDemandHosts.CLEANUP);
            case Discovery.DynamicForward dynamic -> {
                forward =
                        new ForwardHosts(
                                dynamic, resolver, control, limits, this::newHost, this::retired);
                warm = true;
            }
            case Discovery.Internal _ -> warm = true;
        }
    }

    private void demand(java.time.Duration cleanup) {
        var made = new OnDemandHosts(control, limits, cleanup, this::newHost, this::retired);
        made.start();
        onDemand = made;
        warm = true;
    }

    private void watch(Discovery.Named named, Discovery.DnsSettings dns, Runnable changed) {
        var watch =
                new NameWatch(named.name(), dns, resolver, control, limits, () -> locked(changed));
        watches.add(watch);
        watch.start();
    }

    private void stopSource() {
        watches.forEach(NameWatch::stop);
        watches.clear();
        var demanded = onDemand;
        if (demanded != null) {
            demanded.stop();
            onDemand = null;
        }
        var forwarded = forward;
        if (forwarded != null) {
            forwarded.stop();
            forward = null;
        }
        endpoints = EndpointSet.EMPTY;
        warm = false;
    }

    private void resolved(List<Discovery.Named> names, int overprovisioning) {
        var groups = new ArrayList<EndpointSet.Group>();
        boolean all = true;
        for (int i = 0; i < names.size(); i++) {
            all &= watches.get(i).answered();
            var named = names.get(i);
            var here = new ArrayList<Endpoint>();
            for (var address : watches.get(i).addresses()) {
                here.add(Resolved.one(named, address));
            }
            groups.add(
                    new EndpointSet.Group(
                            named.locality(), named.priority(), named.localityWeight(), here));
        }
        endpoints = new EndpointSet(List.copyOf(groups), overprovisioning, false);
        warm |= all;
        place(endpoints);
    }

    private void logical(Discovery.Named named) {
        var watch = watches.getFirst();
        warm |= watch.answered();
        if (watch.addresses().isEmpty()) {
            // A logical host keeps its last address.
            return;
        }
        var endpoint = Resolved.all(named, watch.addresses());
        endpoints =
                new EndpointSet(
                        List.of(new EndpointSet.Group(named.locality(), 0, 1, List.of(endpoint))),
                        EndpointSet.DEFAULT_OVERPROVISIONING,
                        false);
        place(endpoints);
    }

    /// From the control plane.
    void endpoints(EndpointSet value) {
        locked(() -> {
            endpoints = value;
            warm = true;
            place(value);
        });
    }

    private void place(EndpointSet set) {
        var next = new LinkedHashMap<String, Host>();
        long now = control.nanoTime();
        for (var group : set.groups()) {
            for (var endpoint : group.endpoints()) {
                if (next.containsKey(endpoint.address())) {
                    // The first one counts.
                    continue;
                }
                var host = hosts.get(endpoint.address());
                if (host == null) {
                    host = newHost(endpoint);
                }
                host.update(
                        endpoint,
                        group.locality(),
                        group.priority(),
                        config.transportFor(endpoint.socketMatch()));
                if (host.healthySinceNanos() == 0 && host.health() == Endpoint.Health.HEALTHY) {
                    host.healthySinceNanos(now == 0 ? 1 : now);
                }
                next.put(endpoint.address(), host);
            }
        }
        var gone = new HashSet<Target>();
        for (var host : hosts.values()) {
            if (next.get(host.address()) != host) {
                gone.add(host.endpoint().target());
            }
        }
        hosts = next;
        var detector = outlier;
        if (detector != null) {
            detector.hosts(next.values());
        }
        publish();
        if (!gone.isEmpty()) {
            for (var host : next.values()) {
                gone.remove(host.endpoint().target());
            }
            retired(gone);
        }
    }

    private Host newHost(Endpoint endpoint) {
        return new Host(endpoint, breakers, config.transportFor(endpoint.socketMatch()), loopCount);
    }

    private void retired(Collection<Target> gone) {
        var targets = Set.copyOf(gone);
        var cluster = name();
        retire.accept(key -> key.cluster().equals(cluster) && targets.contains(key.target()));
    }

    private void publish() {
        state = ClusterState.of(config, endpoints, hosts);
    }

    @Override
    public void onHealthChanged() {
        publish();
    }

    @Override
    public void onEjected(Host host, Ejection why, boolean enforced) {
        LOG.atInfo()
                .addKeyValue("cluster", name())
                .addKeyValue("host", host.address())
                .addKeyValue("reason", why.metric())
                .addKeyValue("enforced", enforced)
                .log("host ejected");
    }

    @Override
    public void onReturned(Host host) {
        LOG.atInfo()
                .addKeyValue("cluster", name())
                .addKeyValue("host", host.address())
                .log("host returned");
    }

    /// All hosts there are now, for people.
    Collection<Host> hosts() {
        var demanded = onDemand;
        if (demanded != null) {
            return demanded.all();
        }
        var forwarded = forward;
        if (forwarded != null) {
            return forwarded.all();
        }
        var all = new ArrayList<Host>();
        for (var set : state.priorities()) {
            all.addAll(List.of(set.all()));
        }
        return all;
    }

    void remove() {
        locked(() -> {
            stopSource();
            var detector = outlier;
            if (detector != null) {
                detector.stop();
            }
            outlier = null;
            removed = true;
        });
        var cluster = name();
        retire.accept(key -> key.cluster().equals(cluster));
    }
}
