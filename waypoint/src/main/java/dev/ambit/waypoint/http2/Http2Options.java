package dev.ambit.waypoint.http2;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.model.HttpOptions;
import dev.ambit.waypoint.pool.HttpClientConfig;
import java.time.Duration;

/// What configuration says about one connection.
///
/// @param maxStreams at once: of a server what it announces, of a client what it opens
/// @param streamWindow bytes that one stream delivers before they are granted
/// @param connectionWindow bytes under way on all streams
/// @param maxFrameBytes that we accept, 16384 to 16777215
/// @param headerTableBytes of HPACK's table for what comes in
/// @param maxHeaderBytes of one head's names and values
/// @param maxHeaders of one head
/// @param allowConnect RFC 8441, of a server
/// @param resetMalformed a malformed message costs its stream (RFC 9113 section 8.1.1); false: the
///   connection, as Envoy without `override_stream_error_on_invalid_http_message`
/// @param pingInterval of quiet, after which the peer is asked; zero for never
/// @param pingTimeout for its answer
public record Http2Options(
        int maxStreams,
        int streamWindow,
        int connectionWindow,
        int maxFrameBytes,
        int headerTableBytes,
        int maxHeaderBytes,
        int maxHeaders,
        HttpOptions.Underscores underscores,
        boolean allowConnect,
        boolean resetMalformed,
        Duration pingInterval,
        Duration pingTimeout) {
    private static final int STREAM_WINDOW = 256 << 10;
    private static final int CONNECTION_WINDOW = 1 << 20;
    private static final int FRAME = 64 << 10;

    /// Envoy's `max_concurrent_streams`.
    private static final int STREAMS = 1_024;

    private static final int HEADER_BYTES = 60 << 10;
    private static final int HEADERS = 100;

    public Http2Options {
        require("maxStreams", maxStreams, maxStreams >= 1, "at least 1");
        require("streamWindow", streamWindow, streamWindow >= 1, "at least 1");
        require(
                "connectionWindow",
                connectionWindow,
                connectionWindow >= Http2.DEFAULT_WINDOW,
                "at least 65535");
        require(
                "maxFrameBytes",
                maxFrameBytes,
                maxFrameBytes >= Http2.DEFAULT_MAX_FRAME && maxFrameBytes < 1 << 24,
                "16384 to 16777215");
        require("headerTableBytes", headerTableBytes, headerTableBytes >= 0, "at least 0");
        require("maxHeaders", maxHeaders, maxHeaders >= 1, "at least 1");
    }

    private static void require(String name, int value, boolean holds, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(
                    name + ": " + value + " (expected: " + expected + ")");
        }
    }

    public static Http2Options defaults() {
        return new Http2Options(
                STREAMS,
                STREAM_WINDOW,
                CONNECTION_WINDOW,
                FRAME,
                Http2.DEFAULT_HEADER_TABLE,
                HEADER_BYTES,
                HEADERS,
                HttpOptions.Underscores.ALLOW,
                false,
                true,
                Duration.ZERO,
                Duration.ofSeconds(20));
    }

    /// Of a server.
    public static Http2Options of(HttpOptions options) {
        var http2 = options.http2();
        return new Http2Options(
                orOurs(http2.maxConcurrentStreams(), STREAMS),
                orOurs(http2.initialStreamWindow(), STREAM_WINDOW),
                connectionWindow(http2.initialStreamWindow(), http2.initialConnectionWindow()),
                FRAME,
                Http2.DEFAULT_HEADER_TABLE,
                options.maxRequestHeadersBytes(),
                options.maxRequestHeaders(),
                options.underscores(),
                http2.allowConnect(),
                true,
                http2.pingInterval(),
                http2.pingTimeout());
    }

    /// Of a client.
    public static Http2Options of(HttpClientConfig config) {
        return new Http2Options(
                orOurs(config.maxConcurrentStreams(), Integer.MAX_VALUE),
                orOurs(config.initialStreamWindow(), STREAM_WINDOW),
                connectionWindow(config.initialStreamWindow(), config.initialConnectionWindow()),
                FRAME,
                Http2.DEFAULT_HEADER_TABLE,
                HEADER_BYTES,
                orOurs(config.maxResponseHeaders(), HEADERS),
                HttpOptions.Underscores.ALLOW,
                false,
                true,
                config.pingInterval(),
                config.pingTimeout());
    }

    private static int orOurs(int configured, int ours) {
        return configured > 0 ? configured : ours;
    }

    private static int connectionWindow(int stream, int connection) {
        int wanted = orOurs(connection, CONNECTION_WINDOW);
        return Math.max(Http2.DEFAULT_WINDOW, Math.max(wanted, orOurs(stream, STREAM_WINDOW)));
    }
}
