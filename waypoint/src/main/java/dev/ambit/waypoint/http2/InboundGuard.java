package dev.ambit.waypoint.http2;

import dev.ambit.hbone.frames.Http2;

/// Frames that cost us more than they cost the peer, counted as Envoy counts them.
final class InboundGuard {
    private final Http2Limits limits;
    private int empty;
    private long priority;
    private long windowUpdates;
    private long streams;
    private long dataSent;

    InboundGuard(Http2Limits limits) {
        this.limits = limits;
    }

    void dataSent() {
        dataSent++;
    }

    /// HEADERS, CONTINUATION, DATA.
    ///
    /// @param payload without padding
    void payload(int payload, boolean endStream) throws Http2.ConnectionError {
        if (payload > 0 || endStream) {
            empty = 0;
        } else if (++empty > limits.emptyFrames()) {
            throw flood("http2.inbound_empty_frames_flood");
        }
    }

    void block() {
        streams++;
    }

    void priority() throws Http2.ConnectionError {
        if (++priority > (long) limits.priorityFramesPerStream() * (1 + streams)) {
            throw flood("http2.inbound_priority_frames_flood");
        }
    }

    void windowUpdate() throws Http2.ConnectionError {
        long most = 1 + 2 * (streams + limits.windowUpdatesPerDataFrame() * dataSent);
        if (++windowUpdates > most) {
            throw flood("http2.inbound_window_update_frames_flood");
        }
    }

    static Http2.ConnectionError flood(String details) {
        return new Http2.ConnectionError(Http2.ENHANCE_YOUR_CALM, details);
    }
}
