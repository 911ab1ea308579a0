package dev.ambit.hbone;

import java.util.concurrent.TimeUnit;

/// Counts the frames that cost us more than they cost the peer.
final class FloodGuard {
    private final int mostPerSecond;
    private long second;
    private int frames;

    FloodGuard(int mostPerSecond) {
        this.mostPerSecond = mostPerSecond;
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
