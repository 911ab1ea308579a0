package dev.ambit.waypoint.http2;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A duplex whose other end is a test, on a clock that stands still.
final class MemoryDuplex implements Duplex {
    final EmbeddedChannel clock;
    private final ByteBuf written = Unpooled.buffer();
    private final ByteBuf flushed = Unpooled.buffer();
    private @Nullable Inlet inlet;
    int outstanding;
    boolean stuck;

    /// Writes until it is lost; -1 for never.
    int lostAfter = -1;

    boolean outputEnded;
    @Nullable ResetReason reset;

    MemoryDuplex(EmbeddedChannel clock) {
        this.clock = clock;
        clock.freezeTime();
    }

    MemoryDuplex() {
        this(new EmbeddedChannel());
    }

    Inlet inlet() {
        return java.util.Objects.requireNonNull(inlet);
    }

    /// The other end sends, in one burst. Ownership passes.
    void receive(ByteBuf bytes) {
        outstanding += bytes.readableBytes();
        inlet().onBytes(bytes);
        inlet().onBurstEnd();
        settle();
    }

    /// What was sent since the last time. The caller's.
    ByteBuf sent() {
        settle();
        var all = Unpooled.buffer();
        all.writeBytes(flushed);
        flushed.clear();
        return all;
    }

    /// Runs what was put off to the end of the loop's turn.
    void settle() {
        clock.runPendingTasks();
    }

    void pass(long millis) {
        clock.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        clock.runScheduledPendingTasks();
        settle();
    }

    void unstick() {
        stuck = false;
        taken();
        settle();
    }

    @Override
    public EventLoop loop() {
        return clock.eventLoop();
    }

    @Override
    public void attach(Inlet to) {
        inlet = to;
    }

    @Override
    public void write(ByteBuf bytes) {
        if (lostAfter >= 0 && --lostAfter < 0) {
            bytes.release();
            inlet().onReset(new ResetReason(ResetReason.Kind.PEER, "lost while written to"));
            return;
        }
        written.writeBytes(bytes);
        bytes.release();
    }

    @Override
    public void flush() {
        if (!stuck) {
            taken();
        }
    }

    private void taken() {
        int bytes = written.readableBytes();
        flushed.writeBytes(written);
        written.clear();
        if (bytes > 0) {
            inlet().onTaken(bytes);
        }
    }

    int untaken() {
        return written.readableBytes();
    }

    @Override
    public void endOutput() {
        outputEnded = true;
    }

    @Override
    public void reset(ResetReason reason) {
        if (reset == null) {
            reset = reason;
        }
    }

    @Override
    public void grant(int bytes) {
        outstanding -= bytes;
    }
}
