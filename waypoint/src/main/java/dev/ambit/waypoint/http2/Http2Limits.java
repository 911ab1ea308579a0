package dev.ambit.waypoint.http2;

import dev.ambit.waypoint.model.HttpOptions;
import java.time.Duration;

/// Limits that no configuration sets; where Envoy has such a one, its default. Pinned by a test.
///
/// @param headerBlockBytes of HEADERS with its CONTINUATIONs, compressed; more ends the connection
/// @param outboundFrames that wait to be taken (`max_outbound_frames`)
/// @param outboundControlFrames the same of PING, SETTINGS and RST_STREAM
///   (`max_outbound_control_frames`)
/// @param emptyFrames without payload and END_STREAM in a row
///   (`max_consecutive_inbound_frames_with_empty_payload`)
/// @param priorityFramesPerStream (`max_inbound_priority_frames_per_stream`)
/// @param windowUpdatesPerDataFrame that we sent
///   (`max_inbound_window_update_frames_per_data_frame_sent`)
/// @param resetStreams requests after which half of them reset early is an attack
///   (`overload.premature_reset_total_stream_count`, CVE-2023-44487)
/// @param earlyReset a request that its client resets within this, unanswered, is reset early
///   (`overload.premature_reset_min_stream_lifetime_seconds`)
/// @param connectionUnreadBytes of all streams of a connection, at which its window is no longer
///   topped up
/// @param writeBufferBytes handed to the bytes below and not taken: above, no DATA follows
/// @param copiedBytes a piece of body up to this is copied behind its frame's header rather than
///   written by itself
/// @param settings for the peer's first SETTINGS, and for its answer to ours
/// @param flush for the peer to take what is left of a stream that has ended
/// @param drain from the first GOAWAY to the second, if the peer answers no PING
/// @param close for the peer to end its side after our GOAWAY
public record Http2Limits(
        int headerBlockBytes,
        int outboundFrames,
        int outboundControlFrames,
        int emptyFrames,
        int priorityFramesPerStream,
        int windowUpdatesPerDataFrame,
        int resetStreams,
        Duration earlyReset,
        int connectionUnreadBytes,
        int writeBufferBytes,
        int copiedBytes,
        Duration settings,
        Duration flush,
        Duration drain,
        Duration close) {

    public static Http2Limits defaults() {
        return new Http2Limits(
                256 << 10,
                10_000,
                1_000,
                1,
                100,
                10,
                500,
                Duration.ofSeconds(1),
                16 << 20,
                256 << 10,
                4 << 10,
                Duration.ofSeconds(10),
                Duration.ofMinutes(5),
                Duration.ofSeconds(5),
                Duration.ofSeconds(1));
    }

    /// With what a front says about times; what it leaves off stays as it is here, since a peer
    /// must not keep a connection for ever.
    public static Http2Limits of(HttpOptions options) {
        var usual = defaults();
        return new Http2Limits(
                usual.headerBlockBytes,
                usual.outboundFrames,
                usual.outboundControlFrames,
                usual.emptyFrames,
                usual.priorityFramesPerStream,
                usual.windowUpdatesPerDataFrame,
                usual.resetStreams,
                usual.earlyReset,
                usual.connectionUnreadBytes,
                usual.writeBufferBytes,
                usual.copiedBytes,
                usual.settings,
                orUsual(options.streamIdleTimeout(), usual.flush),
                orUsual(options.drainTimeout(), usual.drain),
                orUsual(options.delayedClose(), usual.close));
    }

    private static Duration orUsual(Duration configured, Duration usual) {
        return configured.isZero() ? usual : configured;
    }
}
