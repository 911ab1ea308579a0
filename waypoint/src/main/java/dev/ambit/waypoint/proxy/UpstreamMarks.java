package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.StreamInfo;
import java.util.function.LongSupplier;

/// Notes when, and how much, went to hosts and came from them.
final class UpstreamMarks {
    private final StreamInfo info;
    private final LongSupplier nanoTime;

    UpstreamMarks(StreamInfo info, LongSupplier nanoTime) {
        this.info = info;
        this.nanoTime = nanoTime;
    }

    void sent() {
        long now = nanoTime.getAsLong();
        if (info.upstreamFirstSentNanos == 0) {
            info.upstreamFirstSentNanos = now;
        }
        info.upstreamLastSentNanos = now;
    }

    void received() {
        long now = nanoTime.getAsLong();
        if (info.upstreamFirstReceivedNanos == 0) {
            info.upstreamFirstReceivedNanos = now;
        }
        info.upstreamLastReceivedNanos = now;
    }

    void count(long wireSent, long wireReceived) {
        info.upstreamWireBytesSent += wireSent;
        info.upstreamWireBytesReceived += wireReceived;
    }
}
