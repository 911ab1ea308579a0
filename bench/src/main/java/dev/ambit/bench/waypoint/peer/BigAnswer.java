package dev.ambit.bench.waypoint.peer;

import dev.ambit.hbone.Duplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// An answer that is sent as fast as it is taken, and never lies in memory.
final class BigAnswer {
    static final String PATH = "/big";

    /// Of one answer.
    static final long BYTES = 100_000_000;

    private static final int CHUNK = 64 << 10;
    private static final int AHEAD = 4 * CHUNK;
    private static final ByteBuf ZEROS = Unpooled.directBuffer(CHUNK).writeZero(CHUNK);

    private final Duplex duplex;
    private long left = BYTES;
    private int underWay;

    BigAnswer(Duplex duplex) {
        this.duplex = duplex;
    }

    void begin() {
        duplex.write(Buffers.of(Http1.responseHead(BYTES, "")));
        send();
    }

    void taken(int bytes) {
        underWay -= bytes;
        send();
        duplex.flush();
    }

    private void send() {
        while (left > 0 && underWay < AHEAD) {
            int count = (int) Math.min(CHUNK, left);
            duplex.write(ZEROS.retainedSlice(0, count));
            left -= count;
            underWay += count;
        }
    }
}
