package dev.ambit.waypoint.upstream;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What loops see of a cluster at one moment: hosts by priority, how traffic is shared among them,
/// and tables of hashing balancers. Made anew for every change.
///
/// @param tables by priority; empty for balancers that don't hash
/// @param newestHostNanos when the last of its hosts came, monotonic
record ClusterState(
        ClusterConfig config,
        EndpointSet policy,
        List<HostSet> priorities,
        PriorityLoad load,
        List<HashTable> tables,
        long newestHostNanos) {

    /// @param hosts of every endpoint, by address
    static ClusterState of(ClusterConfig config, EndpointSet endpoints, Map<String, Host> hosts) {
        var byPriority = new TreeMap<Integer, List<EndpointSet.Group>>();
        for (var group : endpoints.groups()) {
            byPriority.computeIfAbsent(group.priority(), _ -> new ArrayList<>()).add(group);
        }
        int levels = byPriority.isEmpty() ? 1 : byPriority.lastKey() + 1;
        var sets = new ArrayList<HostSet>();
        for (int priority = 0; priority < levels; priority++) {
            sets.add(set(byPriority.getOrDefault(priority, List.of()), priority, hosts));
        }
        var load = PriorityLoad.of(sets, endpoints, config.shared().panicThreshold());
        return new ClusterState(
                config,
                endpoints,
                List.copyOf(sets),
                load,
                tables(config, sets, load),
                newest(hosts));
    }

    private static long newest(Map<String, Host> hosts) {
        long newest = Long.MIN_VALUE / 2;
        for (var host : hosts.values()) {
            if (host.healthySinceNanos() != 0) {
                newest = Math.max(newest, host.healthySinceNanos());
            }
        }
        return newest;
    }

    private static HostSet set(
            List<EndpointSet.Group> groups, int priority, Map<String, Host> hosts) {
        var localities = new ArrayList<List<Host>>();
        int[] weights = new int[groups.size()];
        for (var group : groups) {
            weights[localities.size()] = group.weight();
            var here = new ArrayList<Host>();
            for (var endpoint : group.endpoints()) {
                var host = hosts.get(endpoint.address());
                // An address that is listed twice is one host, where it was listed first.
                if (host != null
                        && host.endpoint() == endpoint
                        && host.priority() == priority
                        && !here.contains(host)) {
                    here.add(host);
                }
            }
            localities.add(here);
        }
        return HostSet.of(localities, weights);
    }

    private static List<HashTable> tables(
            ClusterConfig config, List<HostSet> sets, PriorityLoad load) {
        return switch (config.balancer()) {
            case BalancerConfig.RingHash ring -> {
                var built = new ArrayList<HashTable>();
                for (int i = 0; i < sets.size(); i++) {
                    var hosts =
                            sets.get(i)
                                    .weighted(load.panic()[i], config.shared().localityWeighted());
                    built.add(
                            BoundedLoad.around(
                                    HashRing.of(hosts, ring, config.shared().hashHostname()),
                                    hosts,
                                    ring.balanceFactor()));
                }
                yield List.copyOf(built);
            }
            case BalancerConfig.Maglev maglev -> {
                var built = new ArrayList<HashTable>();
                for (int i = 0; i < sets.size(); i++) {
                    var hosts =
                            sets.get(i)
                                    .weighted(load.panic()[i], config.shared().localityWeighted());
                    built.add(
                            BoundedLoad.around(
                                    MaglevTable.of(
                                            hosts,
                                            maglev.tableSize(),
                                            config.shared().hashHostname()),
                                    hosts,
                                    maglev.balanceFactor()));
                }
                yield List.copyOf(built);
            }
            case BalancerConfig.RoundRobin _,
                    BalancerConfig.LeastRequest _,
                    BalancerConfig.Random _,
                    BalancerConfig.Provided _ ->
                    Collections.emptyList();
        };
    }

    boolean panicAt(int priority) {
        return load.panic()[priority];
    }
}
