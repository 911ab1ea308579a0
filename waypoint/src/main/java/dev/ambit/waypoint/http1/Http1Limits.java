package dev.ambit.waypoint.http1;

import java.time.Duration;

/// Limits of HTTP/1 connections. The defaults are pinned by a test.
///
/// What one connection holds of bodies is not here: it is what its `Duplex` lets be outstanding.
///
/// @param maxHeadBytes of a head as it is on the wire, first line and blank line included
///   (`max_request_headers_kb`); more is answered 431
/// @param maxFields of a head, and of trailers (`max_headers_count`); more is answered 431
/// @param maxTrailerBytes of a trailer section
/// @param maxChunkLineBytes a chunk's size with its extensions, which are dropped (RFC 9112 section
///   7.1.1)
/// @param maxUntakenBytes of responses that the peer doesn't read: with more, the next of its
///   pipelined requests waits
/// @param maxDiscardBytes of a request that are read and thrown away after its response has ended
/// @param closeLinger how long a peer may take to end its side after ours has ended, so that our
///   last bytes aren't lost by a reset (RFC 9112 section 9.6). Longer than Envoy's
///   `delayed_close_timeout`, because the kernel may still hold bytes for a slow reader
/// @param drainIdle how long a draining connection waits for one more request, to which it can
///   answer `connection: close`
public record Http1Limits(
        int maxHeadBytes,
        int maxFields,
        int maxTrailerBytes,
        int maxChunkLineBytes,
        int maxUntakenBytes,
        int maxDiscardBytes,
        Duration closeLinger,
        Duration drainIdle) {

    public Http1Limits {
        require("maxHeadBytes", maxHeadBytes, maxHeadBytes >= 64, "at least 64");
        require("maxFields", maxFields, maxFields >= 1, "at least 1");
        require("maxTrailerBytes", maxTrailerBytes, maxTrailerBytes >= 2, "at least 2");
        require("maxChunkLineBytes", maxChunkLineBytes, maxChunkLineBytes >= 18, "at least 18");
    }

    public static Http1Limits defaults() {
        return new Http1Limits(
                60 << 10,
                100,
                60 << 10,
                16 << 10,
                64 << 10,
                1 << 20,
                Duration.ofSeconds(10),
                Duration.ofSeconds(1));
    }

    /// What a listener or a cluster may set; the rest stays.
    public Http1Limits with(int headBytes, int fields) {
        return new Http1Limits(
                headBytes,
                fields,
                Math.max(headBytes, maxTrailerBytes),
                maxChunkLineBytes,
                maxUntakenBytes,
                maxDiscardBytes,
                closeLinger,
                drainIdle);
    }

    private static void require(String name, int value, boolean holds, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(
                    name + ": " + value + " (expected: " + expected + ")");
        }
    }
}
