/// Istio's standard metrics.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.telemetry.metrics;
