/// Calls that this waypoint makes on its own behalf: to authorization services, for keys, of
/// telemetry. They go through clusters, so that their health, TLS and tunnels apply.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.upstream.call;
