/// From Envoy's filters for authentication and authorization to ours.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.xds.security;
