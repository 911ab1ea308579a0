package dev.ambit.waypoint.http2;

import dev.ambit.waypoint.model.HttpOptions;
import java.time.Duration;

/// Options that differ from the defaults in what a test is about.
final class TestOptions {
    private TestOptions() {}

    static Http2Options windows(int stream, int connection) {
        return of(1_024, stream, connection, HttpOptions.Underscores.ALLOW, false, true, 0);
    }

    static Http2Options streams(int most) {
        return of(most, 65_535, 65_535, HttpOptions.Underscores.ALLOW, false, true, 0);
    }

    static Http2Options connect() {
        return of(100, 65_535, 65_535, HttpOptions.Underscores.ALLOW, true, true, 0);
    }

    static Http2Options underscores(HttpOptions.Underscores underscores) {
        return of(100, 65_535, 65_535, underscores, false, true, 0);
    }

    /// As Envoy without `override_stream_error_on_invalid_http_message`.
    static Http2Options strict() {
        return of(100, 65_535, 65_535, HttpOptions.Underscores.ALLOW, false, false, 0);
    }

    static Http2Options pings(int seconds) {
        return of(100, 65_535, 65_535, HttpOptions.Underscores.ALLOW, false, true, seconds);
    }

    private static Http2Options of(
            int streams,
            int window,
            int connection,
            HttpOptions.Underscores underscores,
            boolean connect,
            boolean resetMalformed,
            int pingSeconds) {
        return new Http2Options(
                streams,
                window,
                connection,
                16_384,
                4_096,
                61_440,
                100,
                underscores,
                connect,
                resetMalformed,
                Duration.ofSeconds(pingSeconds),
                Duration.ofSeconds(2));
    }
}
