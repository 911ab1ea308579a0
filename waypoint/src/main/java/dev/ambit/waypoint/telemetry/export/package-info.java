/// Sending what has been told to collectors: bounded, in batches, off the request path.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.telemetry.export;
