/// Expressions over Envoy's attributes.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.telemetry.cel;
