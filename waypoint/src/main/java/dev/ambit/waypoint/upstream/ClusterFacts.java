package dev.ambit.waypoint.upstream;

import java.util.List;

/// What others may know of a cluster.
///
/// @param name as routes name it
/// @param statName as metrics and `%UPSTREAM_CLUSTER%` name it
/// @param services from `metadata.filter_metadata.istio.services`
/// @param subset of a DestinationRule; empty for none
/// @param config path of the DestinationRule; empty for none
public record ClusterFacts(
        String name, String statName, List<ServiceRef> services, String subset, String config) {

    public record ServiceRef(String host, String name, String namespace) {}
}
