/// Envoy's format language: access logs, header values, tags.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.telemetry.format;
