package dev.ambit.waypoint.telemetry.metrics;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The gRPC exchanges of one loop, so that the messages of long ones are reported while they last.
/// One timer for all: most exchanges are over before it comes to them.
final class GrpcWatch {
    private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final FastThreadLocal<GrpcWatch> OF_LOOP = new FastThreadLocal<>();

    private final EventLoop loop;
    private @Nullable GrpcMessages first;
    private boolean ticking;

    private GrpcWatch(EventLoop loop) {
        this.loop = loop;
    }

    /// Starts to watch, on the loop.
    static void watch(EventLoop loop, GrpcMessages messages, StatsChain stats) {
        var watch = OF_LOOP.get();
        if (watch == null || watch.loop != loop) {
            watch = new GrpcWatch(loop);
            OF_LOOP.set(watch);
        }
        watch.add(messages, stats);
    }

    private void add(GrpcMessages messages, StatsChain stats) {
        messages.watch = this;
        messages.stats = stats;
        messages.due = loop.ticker().nanoTime() + stats.interval().toNanos();
        messages.next = first;
        if (first != null) {
            first.previous = messages;
        }
        first = messages;
        if (!ticking) {
            ticking = true;
            loop.schedule(this::tick, TICK_NANOS, TimeUnit.NANOSECONDS);
        }
    }

    /// Idempotent.
    static void unwatch(GrpcMessages messages) {
        var watch = messages.watch;
        if (watch == null) {
            return;
        }
        messages.watch = null;
        if (messages.previous == null) {
            watch.first = messages.next;
        } else {
            messages.previous.next = messages.next;
        }
        if (messages.next != null) {
            messages.next.previous = messages.previous;
        }
        messages.previous = null;
        messages.next = null;
    }

    private void tick() {
        long now = loop.ticker().nanoTime();
        for (var at = first; at != null; at = at.next) {
            var stats = at.stats;
            if (stats != null && now - at.due >= 0) {
                at.report(stats);
                at.due = now + stats.interval().toNanos();
            }
        }
        if (first == null) {
            ticking = false;
        } else {
            loop.schedule(this::tick, TICK_NANOS, TimeUnit.NANOSECONDS);
        }
    }
}
