/// Listeners as control planes send them to waypoints, compiled: recognised by their shapes, not
/// interpreted in general.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.xds.listener;
