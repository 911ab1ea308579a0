/// Clusters: their hosts and health, which host gets a request, and how many may.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.upstream;
