package dev.ambit.waypoint.telemetry.trace;

import java.util.List;

/// How a chain traces.
///
/// @param maxPathTag octets of the path in `http.url`
/// @param verbose whether instants on the way are events
/// @param propagate whether upstream requests carry the trace
public record TraceConfig(
        Provider provider,
        Sampling sampling,
        List<SpanTag> tags,
        int maxPathTag,
        boolean verbose,
        boolean propagate) {

    public static final int DEFAULT_MAX_PATH_TAG = 256;

    /// Whose fields and ids are spoken.
    public sealed interface Provider {
        /// Nobody is told; decorators and `x-request-id` work all the same.
        record None() implements Provider {}

        /// @param wide whether new traces have 128 bits
        /// @param w3c whether `traceparent` is read and written too
        record Zipkin(boolean wide, boolean w3c, boolean sharedContext) implements Provider {}

        record Otlp() implements Provider {}
    }
}
