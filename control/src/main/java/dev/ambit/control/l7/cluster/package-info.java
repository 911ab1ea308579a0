/// Destinations: which DestinationRule is in effect for which service, and the clusters that
/// waypoints call services with.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.cluster;
