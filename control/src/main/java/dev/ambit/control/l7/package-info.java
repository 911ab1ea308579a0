/// The L7 half: resources to what a waypoint is sent. {@link dev.ambit.control.l7.L7Model} is one
/// moment of the mesh, made once per change; a {@link dev.ambit.control.l7.WaypointScope} is the
/// part of it that concerns one waypoint; the packages below render listeners, routes, clusters and
/// endpoints from the two. Everything here is a pure function.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7;
