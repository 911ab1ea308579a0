package dev.ambit.waypoint.route;

/// One of several clusters that share a route's requests (`WeightedCluster.ClusterWeight`).
///
/// @param cluster empty where a header names it
/// @param clusterHeader empty where `cluster` names it
/// @param hostRewrite empty for none
public record WeightedCluster(
        String cluster,
        String clusterHeader,
        long weight,
        HeaderMutations request,
        HeaderMutations response,
        String hostRewrite,
        StageConfigs stages) {}
