package dev.ambit.waypoint.telemetry.trace;

import java.util.List;
import java.util.Map;

/// A span as collectors are told of it. Texts are octets.
///
/// @param context with the span's own id; `parentId` is the caller's span
/// @param startMicros since the epoch
/// @param endMicros since the epoch
/// @param tags in the order in which they were set
/// @param events where the configuration asks for them
/// @param error whether it failed
public record FinishedSpan(
        TraceContext context,
        String name,
        long startMicros,
        long endMicros,
        Map<String, String> tags,
        List<Event> events,
        boolean error) {
    public record Event(long micros, String name) {}
}
