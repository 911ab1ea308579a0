/// Spans: when, with which context, with which tags, to where.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.telemetry.trace;
