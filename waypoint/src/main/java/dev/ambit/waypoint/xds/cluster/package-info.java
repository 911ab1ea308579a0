/// Clusters and endpoints, from protobuf to `dev.ambit.waypoint.upstream`.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.xds.cluster;
