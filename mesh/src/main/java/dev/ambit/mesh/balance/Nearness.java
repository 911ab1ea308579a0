package dev.ambit.mesh.balance;

import dev.ambit.mesh.model.Service.LoadBalancing;
import dev.ambit.mesh.model.Service.LoadBalancing.Scope;
import dev.ambit.mesh.model.Workload;

/// How near a candidate is, by a service's routing preferences.
final class Nearness {
    /// Not near enough to be chosen at all.
    static final int EXCLUDED = -1;

    private Nearness() {}

    /// The number of preferences that match before the first that doesn't. A leading NETWORK weighs
    /// more than all that follow, and a mismatch there is passed over rather than ending the walk:
    /// for NETWORK, REGION, ZONE 5 is all, 4 network and region, 3 the network only, 2 region and
    /// zone of another network, 1 the region, 0 nothing.
    static int of(LoadBalancing balancing, Vantage from, Workload candidate) {
        return switch (balancing.mode()) {
            case UNSPECIFIED -> 0;
            case PASSTHROUGH, FAILOVER ->
                    matches(balancing, from, candidate) + bonus(balancing, from, candidate);
            case STRICT -> {
                int all = balancing.routingPreference().size();
                yield matches(balancing, from, candidate) == all ? all : EXCLUDED;
            }
        };
    }

    private static int matches(LoadBalancing balancing, Vantage from, Workload candidate) {
        var preferences = balancing.routingPreference();
        int count = 0;
        for (int i = 0; i < preferences.size(); i++) {
            var scope = preferences.get(i);
            if (same(scope, from, candidate)) {
                count++;
            } else if (i > 0 || scope != Scope.NETWORK) {
                break;
            }
        }
        return count;
    }

    private static int bonus(LoadBalancing balancing, Vantage from, Workload candidate) {
        var preferences = balancing.routingPreference();
        boolean onNetwork =
                !preferences.isEmpty()
                        && preferences.getFirst() == Scope.NETWORK
                        && same(Scope.NETWORK, from, candidate);
        return onNetwork ? preferences.size() - 1 : 0;
    }

    /// One field each: an equal zone says nothing about the region, and empty equals empty.
    private static boolean same(Scope scope, Vantage from, Workload candidate) {
        return switch (scope) {
            case REGION -> from.locality().region().equals(candidate.locality().region());
            case ZONE -> from.locality().zone().equals(candidate.locality().zone());
            case SUBZONE -> from.locality().subzone().equals(candidate.locality().subzone());
            case NODE -> from.node().equals(candidate.node());
            case CLUSTER -> from.cluster().equals(candidate.clusterId());
            case NETWORK -> from.network().equals(candidate.network());
        };
    }
}
