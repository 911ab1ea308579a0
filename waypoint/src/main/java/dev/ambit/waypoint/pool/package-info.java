/// Connections to upstream hosts, per event loop: how they are made, shared and kept.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.pool;
