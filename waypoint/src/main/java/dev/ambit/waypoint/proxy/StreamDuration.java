package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.http.Headers;

/// How long a request lets one attempt take: `x-envoy-upstream-stream-duration-ms`.
final class StreamDuration {
    private static final String NAME = "x-envoy-upstream-stream-duration-ms";

    private StreamDuration() {}

    /// Takes the header away, for no upstream is to see it.
    ///
    /// @return milliseconds; 0 for ever, also where the header makes no sense, as Envoy has it
    static long take(Headers headers) {
        var text = headers.get(NAME);
        if (text == null) {
            return 0;
        }
        headers.remove(NAME);
        try {
            return Math.max(0, Long.parseLong(text));
        } catch (NumberFormatException notANumber) {
            return 0;
        }
    }
}
