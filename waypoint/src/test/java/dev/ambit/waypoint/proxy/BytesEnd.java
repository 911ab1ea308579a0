package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One end of a connection in memory: keeps what is written, delivers what the test says. What
/// comes before the inlet is kept, as sockets do.
final class BytesEnd implements Duplex {
    private final EventLoop loop;
    @Nullable Inlet inlet;
    final StringBuilder written = new StringBuilder();
    private final StringBuilder early = new StringBuilder();
    private boolean endedEarly;
    @Nullable ResetReason reset;
    boolean outputEnded;
    int granted;

    BytesEnd(EventLoop loop) {
        this.loop = loop;
    }

    void data(String text) {
        if (inlet == null) {
            early.append(text);
            return;
        }
        inlet.onBytes(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
        inlet.onBurstEnd();
    }

    void data(ByteBuf bytes) {
        Objects.requireNonNull(inlet).onBytes(bytes);
        Objects.requireNonNull(inlet).onBurstEnd();
    }

    void end() {
        if (inlet == null) {
            endedEarly = true;
        } else {
            inlet.onEnd();
        }
    }

    void lose() {
        Objects.requireNonNull(inlet).onReset(new ResetReason(ResetReason.Kind.PEER, "lost"));
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public void attach(Inlet to) {
        inlet = to;
        if (!early.isEmpty()) {
            var text = early.toString();
            early.setLength(0);
            data(text);
        }
        if (endedEarly) {
            to.onEnd();
        }
    }

    @Override
    public void write(ByteBuf bytes) {
        int size = bytes.readableBytes();
        written.append(bytes.toString(StandardCharsets.ISO_8859_1));
        bytes.release();
        if (inlet != null) {
            inlet.onTaken(size);
        }
    }

    @Override
    public void flush() {}

    @Override
    public void endOutput() {
        outputEnded = true;
    }

    @Override
    public void reset(ResetReason reason) {
        reset = reason;
    }

    @Override
    public void grant(int bytes) {
        granted += bytes;
    }
}
