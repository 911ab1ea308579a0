package dev.ambit.waypoint.upstream;

import java.util.List;

/// `ClusterLoadAssignment`.
///
/// @param overprovisioningFactor percent by which a priority's health counts more than it is
/// @param weightedPriorityHealth whether health is a share of weights, not of hosts
public record EndpointSet(
        List<Group> groups, int overprovisioningFactor, boolean weightedPriorityHealth) {
    /// Envoy's, when nothing is said.
    public static final int DEFAULT_OVERPROVISIONING = 140;

    public static final EndpointSet EMPTY =
            new EndpointSet(List.of(), DEFAULT_OVERPROVISIONING, false);

    /// `LocalityLbEndpoints`.
    ///
    /// @param weight of the locality; 0 gets nothing where localities are weighted
    public record Group(Locality locality, int priority, int weight, List<Endpoint> endpoints) {}
}
