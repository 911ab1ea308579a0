package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.exchange.StreamInfo;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.function.LongSupplier;

/// The upstream's end of a TCP connection, with its bytes counted and its instants noted.
final class MeteredDuplex implements Duplex {
    private final Duplex under;
    private final StreamInfo info;
    private final LongSupplier nanoTime;
    private long lastActive;

    MeteredDuplex(Duplex under, StreamInfo info, LongSupplier nanoTime) {
        this.under = under;
        this.info = info;
        this.nanoTime = nanoTime;
        this.lastActive = nanoTime.getAsLong();
    }

    /// The last time that bytes went in either direction.
    long lastActiveNanos() {
        return lastActive;
    }

    @Override
    public EventLoop loop() {
        return under.loop();
    }

    @Override
    public void attach(Inlet inlet) {
        under.attach(new Metered(inlet));
    }

    @Override
    public void write(ByteBuf bytes) {
        long now = nanoTime.getAsLong();
        lastActive = now;
        info.bytesReceived += bytes.readableBytes();
        info.upstreamLastSentNanos = now;
        if (info.upstreamFirstSentNanos == 0) {
            info.upstreamFirstSentNanos = now;
        }
        under.write(bytes);
    }

    @Override
    public void flush() {
        under.flush();
    }

    @Override
    public void endOutput() {
        info.requestEndNanos = nanoTime.getAsLong();
        under.endOutput();
    }

    @Override
    public void reset(ResetReason reason) {
        under.reset(reason);
    }

    @Override
    public void grant(int bytes) {
        under.grant(bytes);
    }

    private final class Metered implements Inlet {
        private final Inlet to;

        Metered(Inlet to) {
            this.to = to;
        }

        @Override
        public void onBytes(ByteBuf bytes) {
            long now = nanoTime.getAsLong();
            lastActive = now;
            info.bytesSent += bytes.readableBytes();
            info.upstreamLastReceivedNanos = now;
            info.downstreamLastSentNanos = now;
            if (info.upstreamFirstReceivedNanos == 0) {
                info.upstreamFirstReceivedNanos = now;
                info.downstreamFirstSentNanos = now;
            }
            to.onBytes(bytes);
        }

        @Override
        public void onBurstEnd() {
            to.onBurstEnd();
        }

        @Override
        public void onEnd() {
            to.onEnd();
        }

        @Override
        public void onReset(ResetReason reason) {
            to.onReset(reason);
        }

        @Override
        public void onTaken(int bytes) {
            lastActive = nanoTime.getAsLong();
            to.onTaken(bytes);
        }
    }
}
