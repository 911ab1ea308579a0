/// Access logs, tracing and metrics as the dialect configures them, and the messages that
/// collectors take.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.xds.telemetry;
