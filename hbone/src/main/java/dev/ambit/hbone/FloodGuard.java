package dev.ambit.hbone;

import dev.ambit.hbone.frames.Http2;
import java.util.concurrent.TimeUnit;

/// Counts the frames that cost us more than they cost the peer.
///
/// A stream that is opened and answered brings a few of them: its end is an empty DATA frame, and
/// perhaps a RST_STREAM. So each earns its own, or a busy tunnel would look like an attack; one
/// that is given up before its answer earns nothing.
final class FloodGuard {
    /// END_STREAM without bytes, RST_STREAM, and the same once more for a peer that is not thrifty.
    static final int EARNED_BY_A_STREAM = 4;

    private final int mostPerSecond;
    private long second;
    private int frames;

    FloodGuard(int mostPerSecond) {
        this.mostPerSecond = mostPerSecond;
    }

    /// A stream was answered.
    void earn() {
        frames -= EARNED_BY_A_STREAM;
    }

    void count(long nowNanos) throws Http2.ConnectionError {
        long now = TimeUnit.NANOSECONDS.toSeconds(nowNanos);
        if (now != second) {
            second = now;
            frames = 0;
        }
        if (++frames > mostPerSecond) {
            throw new Http2.ConnectionError(
                    Http2.ENHANCE_YOUR_CALM,
                    "over " + mostPerSecond + " control frames in a second");
        }
    }
}
