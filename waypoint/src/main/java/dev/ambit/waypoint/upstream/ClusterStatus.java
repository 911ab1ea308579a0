package dev.ambit.waypoint.upstream;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A cluster at one moment, for people and metrics.
///
/// @param edsServiceName empty for other types than EDS
public record ClusterStatus(
        ClusterFacts facts,
        String edsServiceName,
        BreakerConfig limits,
        CircuitBreakers.BreakerStatus breakers,
        Optional<OutlierDetector.OutlierStatus> outlier,
        List<HostStatus> hosts) {

    /// @param successRate percent of the last interval; -1 where it had too few requests
    public record HostStatus(
            String address,
            String hostname,
            String workloadAddress,
            Locality locality,
            int priority,
            int weight,
            Endpoint.Health configured,
            boolean ejected,
            long connections,
            long activeConnections,
            long connectFailures,
            long requests,
            long activeRequests,
            long pendingRequests,
            long successes,
            long errors,
            long timeouts,
            double successRate,
            double localSuccessRate) {

        static HostStatus of(Host host) {
            var monitor = host.outlier();
            return new HostStatus(
                    host.address(),
                    host.hostname(),
                    host.workloadAddress(),
                    host.locality(),
                    host.priority(),
                    host.weight(),
                    host.endpoint().health(),
                    host.ejected(),
                    host.connections.sum(),
                    host.activeConnections(),
                    host.connectFailures.sum(),
                    host.requests.sum(),
                    host.activeRequests(),
                    host.pendingRequests(),
                    host.successes.sum(),
                    host.errors.sum(),
                    host.timeouts.sum(),
                    monitor == null ? OutlierMonitor.Rate.NONE : monitor.external.shown,
                    monitor == null ? OutlierMonitor.Rate.NONE : monitor.local.shown);
        }
    }

    static ClusterStatus of(Cluster cluster) {
        var hosts = new ArrayList<HostStatus>();
        for (var host : cluster.hosts()) {
            hosts.add(HostStatus.of(host));
        }
        var detector = cluster.outlier();
        return new ClusterStatus(
                cluster.config().facts(),
                cluster.config().discovery() instanceof Discovery.Eds(var service) ? service : "",
                cluster.config().breakers(),
                cluster.breakers.status(),
                detector == null ? Optional.empty() : Optional.of(detector.status()),
                List.copyOf(hosts));
    }
}
