/// Clusters and DestinationRules: what a waypoint calls, and how.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.cluster;
