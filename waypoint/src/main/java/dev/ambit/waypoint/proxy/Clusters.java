package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.model.TcpChain.WeightedCluster;
import java.util.List;

/// The choice among weighted clusters.
final class Clusters {
    private Clusters() {}

    /// @param random any 64 bits
    static String pick(List<WeightedCluster> clusters, long random) {
        if (clusters.size() == 1) {
            return clusters.getFirst().name();
        }
        long total = 0;
        for (var cluster : clusters) {
            total += cluster.weight();
        }
        if (total <= 0) {
            return clusters.getFirst().name();
        }
        long at = Long.remainderUnsigned(random, total);
        for (var cluster : clusters) {
            at -= cluster.weight();
            if (at < 0) {
                return cluster.name();
            }
        }
        return clusters.getLast().name();
    }
}
