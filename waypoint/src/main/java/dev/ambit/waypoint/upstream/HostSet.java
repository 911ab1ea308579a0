package dev.ambit.waypoint.upstream;

import java.util.ArrayList;
import java.util.List;

/// The hosts of one priority, by health and by locality. Immutable, and so are its arrays.
///
/// @param localities as the control plane listed them; several groups of one locality stay apart
/// @param weights of the localities
@SuppressWarnings("ArrayRecordComponent") // Read by each request; nobody writes to them.
record HostSet(
        Host[] all,
        Host[] healthy,
        Host[] degraded,
        List<LocalityHosts> localities,
        int[] weights) {

    record LocalityHosts(Host[] all, Host[] healthy, Host[] degraded) {
        static LocalityHosts of(List<Host> hosts) {
            return new LocalityHosts(
                    hosts.toArray(Host[]::new),
                    only(hosts, Endpoint.Health.HEALTHY),
                    only(hosts, Endpoint.Health.DEGRADED));
        }
    }

    static HostSet of(List<List<Host>> localities, int[] weights) {
        var all = new ArrayList<Host>();
        var built = new ArrayList<LocalityHosts>();
        for (var hosts : localities) {
            all.addAll(hosts);
            built.add(LocalityHosts.of(hosts));
        }
        return new HostSet(
                all.toArray(Host[]::new),
                only(all, Endpoint.Health.HEALTHY),
                only(all, Endpoint.Health.DEGRADED),
                List.copyOf(built),
                weights);
    }

    private static Host[] only(List<Host> hosts, Endpoint.Health health) {
        var some = new ArrayList<Host>(hosts.size());
        for (var host : hosts) {
            if (host.health() == health) {
                some.add(host);
            }
        }
        return some.toArray(Host[]::new);
    }

    /// The shares of localities of which some hosts are not available: a locality's weight goes
    /// down once its overprovisioning is used up.
    double[] effectiveWeights(boolean ofDegraded, int overprovisioning) {
        double[] effective = new double[weights.length];
        for (int i = 0; i < effective.length; i++) {
            var locality = localities.get(i);
            if (locality.all.length > 0) {
                var fit = ofDegraded ? locality.degraded : locality.healthy;
                double share = (double) fit.length / locality.all.length;
                effective[i] = weights[i] * Math.min(1, overprovisioning / 100.0 * share);
            }
        }
        return effective;
    }

    /// For hashing balancers.
    WeightedHosts weighted(boolean panic, boolean byLocality) {
        if (!byLocality || weights.length == 0) {
            return WeightedHosts.flat(panic ? all : healthy);
        }
        var hosts = new ArrayList<Host[]>();
        for (var locality : localities) {
            hosts.add(panic ? locality.all : locality.healthy);
        }
        return WeightedHosts.byLocality(hosts, weights);
    }
}
