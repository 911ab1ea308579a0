package dev.ambit.waypoint.route;

import java.util.List;

/// Which cluster a route's requests go to (`RouteAction.cluster_specifier`).
public sealed interface ClusterChoice {
    record Single(String cluster) implements ClusterChoice {}

    /// @param name of the request header whose first value is the cluster, lower-case
    record Header(String name) implements ClusterChoice {}

    /// @param total sum of the weights, more than 0
    /// @param randomHeader a request header whose number takes the random value's place; empty for
    ///   none
    /// @param byHash whether the hash policy's value takes the random value's place
    record Weighted(List<WeightedCluster> clusters, long total, String randomHeader, boolean byHash)
            implements ClusterChoice {}
}
