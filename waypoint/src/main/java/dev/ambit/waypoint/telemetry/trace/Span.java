package dev.ambit.waypoint.telemetry.trace;

/// What a tracer began for an exchange, as formats see it.
public interface Span {
    /// Hexadecimal.
    String traceId();

    /// Hexadecimal.
    String spanId();

    /// Whether it is recorded.
    boolean sampled();
}
