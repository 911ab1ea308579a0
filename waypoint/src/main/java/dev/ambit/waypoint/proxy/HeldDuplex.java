package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A duplex that is listened to before it is known who will have it: what comes is kept, and can be
/// looked at, until the real inlet is attached. The one beneath bounds it by its credit.
final class HeldDuplex implements Duplex, Duplex.Inlet {
    private final Duplex under;
    private final Watcher watcher;
    private final ArrayDeque<ByteBuf> held = new ArrayDeque<>(2);
    private @Nullable Inlet inlet;
    private @Nullable ResetReason failed;
    private boolean ended;
    private boolean gone;

    /// What happens before the inlet is attached.
    interface Watcher {
        /// More bytes, or the end of them.
        void onMore();

        void onGone(ResetReason reason);
    }

    HeldDuplex(Duplex under, Watcher watcher) {
        this.under = under;
        this.watcher = watcher;
    }

    /// Begins to listen.
    void start() {
        under.attach(this);
    }

    /// All bytes so far, still held; the caller releases what it gets.
    ByteBuf peek() {
        if (held.isEmpty()) {
            return Unpooled.EMPTY_BUFFER;
        }
        if (held.size() == 1) {
            return held.getFirst().retainedDuplicate();
        }
        var all = ByteBufAllocator.DEFAULT.compositeBuffer(held.size());
        held.forEach(bytes -> all.addComponent(true, bytes.retainedDuplicate()));
        return all;
    }

    /// Drops bytes that are held; they were nobody else's.
    void skip(int count) {
        int left = count;
        while (left > 0) {
            var first = held.getFirst();
            int some = Math.min(left, first.readableBytes());
            first.skipBytes(some);
            left -= some;
            if (!first.isReadable()) {
                held.removeFirst().release();
            }
        }
        under.grant(count);
    }

    boolean ended() {
        return ended;
    }

    private void release() {
        held.forEach(ByteBuf::release);
        held.clear();
    }

    // ---- as a duplex

    @Override
    public EventLoop loop() {
        return under.loop();
    }

    @Override
    public void attach(Inlet to) {
        inlet = to;
        if (failed != null) {
            to.onReset(failed);
            return;
        }
        boolean any = !held.isEmpty();
        while (!held.isEmpty() && !gone) {
            to.onBytes(held.removeFirst());
        }
        if (any && !gone) {
            to.onBurstEnd();
        }
        if (ended && !gone) {
            to.onEnd();
        }
    }

    @Override
    public void write(ByteBuf bytes) {
        under.write(bytes);
    }

    @Override
    public void flush() {
        under.flush();
    }

    @Override
    public void endOutput() {
        under.endOutput();
    }

    @Override
    public void reset(ResetReason reason) {
        gone = true;
        release();
        under.reset(reason);
    }

    @Override
    public void grant(int bytes) {
        under.grant(bytes);
    }

    // ---- as the inlet of the one beneath

    @Override
    public void onBytes(ByteBuf bytes) {
        if (gone) {
            bytes.release();
        } else if (inlet != null) {
            inlet.onBytes(bytes);
        } else {
            held.add(bytes);
        }
    }

    @Override
    public void onBurstEnd() {
        if (inlet != null) {
            inlet.onBurstEnd();
        } else if (!gone) {
            watcher.onMore();
        }
    }

    @Override
    public void onEnd() {
        ended = true;
        if (inlet != null) {
            inlet.onEnd();
        } else if (!gone) {
            watcher.onMore();
        }
    }

    @Override
    public void onReset(ResetReason reason) {
        if (inlet != null) {
            gone = true;
            inlet.onReset(reason);
        } else if (!gone) {
            failed = reason;
            release();
            watcher.onGone(reason);
        }
    }

    @Override
    public void onTaken(int bytes) {
        if (inlet != null) {
            inlet.onTaken(bytes);
        }
    }
}
