package dev.ambit.waypoint.telemetry.export;

import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The loop on which telemetry is sent, with its view of the clusters. Work that comes before it is
/// attached waits.
public final class ExportLoop {
    private volatile @Nullable Attached attached;
    private final List<Runnable> early = new ArrayList<>();

    private record Attached(EventLoop loop, Upstreams upstreams) {}

    /// Once, when there is a loop.
    public void attach(EventLoop loop, Upstreams upstreams) {
        List<Runnable> work;
        synchronized (early) {
            attached = new Attached(loop, upstreams);
            work = List.copyOf(early);
            early.clear();
        }
        work.forEach(loop::execute);
    }

    EventLoop loop() {
        return known().loop;
    }

    Upstreams upstreams() {
        return known().upstreams;
    }

    private Attached known() {
        var now = attached;
        if (now == null) {
            throw new IllegalStateException("work on a loop that is not attached");
        }
        return now;
    }

    /// Once the loop has ended, nothing happens any more.
    void execute(Runnable work) {
        schedule(work, 0);
    }

    /// Work that was early does not wait for the rest of its delay.
    void schedule(Runnable work, long nanos) {
        var now = attached;
        if (now == null) {
            synchronized (early) {
                now = attached;
                if (now == null) {
                    early.add(work);
                    return;
                }
            }
        }
        try {
            if (nanos == 0) {
                now.loop.execute(work);
            } else {
                now.loop.schedule(work, nanos, TimeUnit.NANOSECONDS);
            }
        } catch (RejectedExecutionException ended) {
            // The process ends: so does its telemetry.
        }
    }
}
