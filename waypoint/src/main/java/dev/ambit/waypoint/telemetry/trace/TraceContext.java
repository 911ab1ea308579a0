package dev.ambit.waypoint.telemetry.trace;

/// Where in which trace a request is, as it came or as it goes on.
///
/// @param traceIdHigh 0 for traces of 64 bits
/// @param spanId of the caller's span, or of our own
/// @param parentId 0 for none
/// @param sampled whether the trace is recorded
/// @param state `tracestate` of W3C; empty for none
public record TraceContext(
        long traceIdHigh,
        long traceIdLow,
        long spanId,
        long parentId,
        boolean sampled,
        String state) {

    public String traceId() {
        return traceIdHigh == 0 ? Hex.text(traceIdLow) : fullTraceId();
    }

    /// Always of 128 bits.
    public String fullTraceId() {
        return Hex.text(traceIdHigh) + Hex.text(traceIdLow);
    }
}
