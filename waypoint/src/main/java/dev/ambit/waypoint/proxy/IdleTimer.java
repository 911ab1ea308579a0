package dev.ambit.waypoint.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Fires when nothing has happened for a time. What happens costs one reading of the clock; the
/// timer itself is set again only when it fires. On its loop.
final class IdleTimer {
    private final EventLoop loop;
    private final LongSupplier nanoTime;
    private final long idleNanos;
    private final Runnable whenIdle;
    private long last;
    private @Nullable Future<?> timer;

    IdleTimer(EventLoop loop, LongSupplier nanoTime, long idleNanos, Runnable whenIdle) {
        this.loop = loop;
        this.nanoTime = nanoTime;
        this.idleNanos = idleNanos;
        this.whenIdle = whenIdle;
        this.last = nanoTime.getAsLong();
        this.timer = loop.schedule(this::check, idleNanos, TimeUnit.NANOSECONDS);
    }

    void touch() {
        last = nanoTime.getAsLong();
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void check() {
        if (timer == null) {
            return;
        }
        long left = idleNanos - (nanoTime.getAsLong() - last);
        if (left <= 0) {
            timer = null;
            whenIdle.run();
        } else {
            timer = loop.schedule(this::check, left, TimeUnit.NANOSECONDS);
        }
    }
}
