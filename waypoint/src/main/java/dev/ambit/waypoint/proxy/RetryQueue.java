package dev.ambit.waypoint.proxy;

import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Attempts of one exchange that wait for their back-off, and what its cluster's circuit breaker
/// has lent to them and to those that are under way. On the exchange's loop.
final class RetryQueue {
    private final Worker worker;
    private final List<Waiting> waiting = new ArrayList<>(0);
    private @Nullable List<Runnable> lent;

    RetryQueue(Worker worker) {
        this.worker = worker;
    }

    private static final class Waiting {
        final Runnable giveBack;
        @Nullable Future<?> timer;

        Waiting(Runnable giveBack) {
            this.giveBack = giveBack;
        }
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    int size() {
        return waiting.size();
    }

    /// @param giveBack what the circuit breaker lent; called once, by `end` at the latest
    /// @param action the attempt
    void add(long millis, Runnable giveBack, Runnable action) {
        var one = new Waiting(giveBack);
        waiting.add(one);
        one.timer = worker.loop().schedule(() -> due(one, action), millis, TimeUnit.MILLISECONDS);
    }

    private void due(Waiting one, Runnable action) {
        if (!waiting.remove(one)) {
            return;
        }
        if (lent == null) {
            lent = new ArrayList<>(1);
        }
        lent.add(one.giveBack);
        action.run();
    }

    /// Those that wait will not be begun.
    void cancel() {
        while (!waiting.isEmpty()) {
            var one = waiting.removeLast();
            if (one.timer != null) {
                one.timer.cancel(false);
            }
            one.giveBack.run();
        }
    }

    /// The exchange is over.
    void end() {
        cancel();
        var all = lent;
        lent = null;
        if (all != null) {
            all.forEach(Runnable::run);
        }
    }
}
