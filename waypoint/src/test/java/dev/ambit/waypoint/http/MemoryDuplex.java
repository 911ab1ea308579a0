package dev.ambit.waypoint.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A byte stream whose other end is the test, on a clock that stands still.
public final class MemoryDuplex implements Duplex {
    private final EmbeddedChannel clock = new EmbeddedChannel();
    private @Nullable Inlet inlet;
    private final StringBuilder out = new StringBuilder();
    private final List<ByteBuf> unflushed = new ArrayList<>();
    public final List<ResetReason> resets = new ArrayList<>();
    public boolean outputEnded;

    /// Whether what is flushed is taken at once.
    public boolean takes = true;

    public int untaken;
    public int outstanding;
    public int flushes;
    private boolean inputEnded;

    public MemoryDuplex() {
        clock.freezeTime();
    }

    @Override
    public EventLoop loop() {
        return clock.eventLoop();
    }

    @Override
    public void attach(Inlet to) {
        inlet = to;
    }

    /// Bytes to write.
    public ByteBuf buffer(String text) {
        var bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBufAllocator.DEFAULT.directBuffer(Math.max(1, bytes.length)).writeBytes(bytes);
    }

    private Inlet inlet() {
        return Objects.requireNonNull(inlet);
    }

    /// One burst.
    public void receive(String bytes) {
        receive(bytes.getBytes(StandardCharsets.ISO_8859_1));
        inlet().onBurstEnd();
        run();
    }

    public void receive(byte[] bytes) {
        if (!resets.isEmpty()) {
            return;
        }
        var buffer = ByteBufAllocator.DEFAULT.directBuffer(Math.max(1, bytes.length));
        buffer.writeBytes(bytes);
        outstanding += bytes.length;
        inlet().onBytes(buffer);
    }

    public void burstEnd() {
        inlet().onBurstEnd();
        run();
    }

    public void receiveEnd() {
        if (resets.isEmpty()) {
            inputEnded = true;
            inlet().onEnd();
            run();
        }
    }

    public void receiveReset(String why) {
        inlet().onReset(new ResetReason(ResetReason.Kind.PEER, why));
        run();
    }

    public void run() {
        clock.runPendingTasks();
    }

    public void advance(Duration time) {
        clock.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        clock.runScheduledPendingTasks();
        clock.runPendingTasks();
    }

    /// What was flushed since the last call.
    public String sent() {
        run();
        var text = out.toString();
        out.setLength(0);
        return text;
    }

    public void take(int bytes) {
        untaken -= bytes;
        inlet().onTaken(bytes);
        run();
    }

    public boolean done() {
        return !resets.isEmpty() || outputEnded && inputEnded;
    }

    @Override
    public void write(ByteBuf bytes) {
        assertThat(outputEnded).as("written after the end").isFalse();
        assertThat(bytes.refCnt()).isPositive();
        unflushed.add(bytes);
    }

    @Override
    public void flush() {
        flushes++;
        int now = 0;
        for (var bytes : unflushed) {
            now += bytes.readableBytes();
            out.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
        }
        unflushed.clear();
        untaken += now;
        if (takes && untaken > 0) {
            int taken = untaken;
            untaken = 0;
            inlet().onTaken(taken);
        }
    }

    @Override
    public void endOutput() {
        flush();
        outputEnded = true;
    }

    @Override
    public void reset(ResetReason reason) {
        resets.add(reason);
        unflushed.forEach(ByteBuf::release);
        unflushed.clear();
    }

    @Override
    public void grant(int bytes) {
        outstanding -= bytes;
        assertThat(outstanding).as("granted more than was delivered").isNotNegative();
    }

    public void close() {
        unflushed.forEach(ByteBuf::release);
        unflushed.clear();
        clock.finishAndReleaseAll();
    }
}
