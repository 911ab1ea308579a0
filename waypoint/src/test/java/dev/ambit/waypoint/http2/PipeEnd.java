package dev.ambit.waypoint.http2;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// One end of a pipe within one loop, that carries bytes in pieces of any size.
final class PipeEnd implements Duplex {
    private final EmbeddedChannel clock;
    private final Random random;
    private final int most;
    private final ByteBuf out = Unpooled.buffer();
    private @Nullable PipeEnd other;
    private @Nullable Inlet inlet;
    private int flushed;
    private boolean pumping;
    private boolean ended;
    private boolean gone;
    int outstanding;

    private PipeEnd(EmbeddedChannel clock, Random random, int most) {
        this.clock = clock;
        this.random = random;
        this.most = most;
    }

    /// @param most bytes that are carried at a time
    static PipeEnd[] pair(EmbeddedChannel clock, Random random, int most) {
        var one = new PipeEnd(clock, random, most);
        var two = new PipeEnd(clock, random, most);
        one.other = two;
        two.other = one;
        return new PipeEnd[] {one, two};
    }

    private PipeEnd other() {
        return java.util.Objects.requireNonNull(other);
    }

    @Override
    public EventLoop loop() {
        return clock.eventLoop();
    }

    @Override
    public void attach(Inlet to) {
        inlet = to;
        other().pump();
    }

    @Override
    public void write(ByteBuf bytes) {
        out.writeBytes(bytes);
        bytes.release();
    }

    @Override
    public void flush() {
        flushed = out.readableBytes();
        pump();
    }

    private void pump() {
        if (!pumping && other().inlet != null && !gone && (flushed > 0 || ended)) {
            pumping = true;
            loop().execute(this::carry);
        }
    }

    private void carry() {
        pumping = false;
        var to = other().inlet;
        if (gone || to == null || inlet == null) {
            return;
        }
        int bytes = Math.min(flushed, 1 + random.nextInt(most));
        if (bytes == 0) {
            gone = true;
            to.onEnd();
            return;
        }
        flushed -= bytes;
        var carried = ByteBufAllocator.DEFAULT.directBuffer(bytes + 9).setIndex(9, 9);
        carried.writeBytes(out, bytes);
        out.discardSomeReadBytes();
        inlet.onTaken(bytes);
        other().outstanding += bytes;
        to.onBytes(carried);
        to.onBurstEnd();
        pump();
    }

    @Override
    public void endOutput() {
        ended = true;
        pump();
    }

    @Override
    public void reset(ResetReason reason) {
        if (!gone) {
            gone = true;
            var to = other().inlet;
            if (to != null) {
                to.onReset(reason);
            }
        }
    }

    @Override
    public void grant(int bytes) {
        outstanding -= bytes;
    }
}
