package dev.ambit.waypoint.telemetry.trace;

/// Makes of a span what a collector wants.
public interface SpanEncoder {
    byte[] encode(FinishedSpan span);
}
