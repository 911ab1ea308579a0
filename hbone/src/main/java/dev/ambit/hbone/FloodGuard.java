package dev.ambit.hbone;

import dev.ambit.hbone.frames.Http2;
import io.netty.channel.Channel;
import java.util.concurrent.TimeUnit;

/// Counts the frames that cost us more than they cost the peer.
///
/// A stream that is opened and answered brings a few of them: its end is an empty DATA frame, and
/// perhaps a RST_STREAM. So each earns its own, or a busy tunnel would look like an attack; one
/// that is given up before its answer earns nothing.
final class FloodGuard {
    /// How many times `writeHighWaterBytes` the queue of a socket may hold because of frames that
    /// do not wait for room.
    private static final int UNREAD_ANSWERS = 4;

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

    /// DATA waits for room in the socket's queue, but answers to what the peer sends don't: a peer
    /// that asks and never reads would have them pile up here.
    static void checkPeerReads(Channel channel, HboneLimits limits) throws Http2.ConnectionError {
        long over = channel.bytesBeforeWritable();
        long most = (long) UNREAD_ANSWERS * limits.writeHighWaterBytes();
        if (over > most) {
            throw new Http2.ConnectionError(
                    Http2.ENHANCE_YOUR_CALM,
                    over + " bytes wait to be sent (expected: a peer that reads its answers)");
        }
    }
}
