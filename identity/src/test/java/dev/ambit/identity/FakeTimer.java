package dev.ambit.identity;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Runs what is due when told to; starts no thread.
final class FakeTimer extends ScheduledThreadPoolExecutor {
    private final Clock clock;
    private final List<Task> tasks = new ArrayList<>();

    FakeTimer(Clock clock) {
        super(0);
        this.clock = clock;
    }

    void runDue() {
        var due = tasks.stream().filter(task -> !task.at.isAfter(clock.instant())).toList();
        tasks.removeAll(due);
        due.forEach(FutureTask::run);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        var task = new Task(command, clock.instant().plusNanos(unit.toNanos(delay)));
        tasks.add(task);
        return task;
    }

    private static final class Task extends FutureTask<Void> implements ScheduledFuture<Void> {
        private final Instant at;

        Task(Runnable command, Instant at) {
            super(command, null);
            this.at = at;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return 0;
        }

        @Override
        public int compareTo(Delayed other) {
            return at.compareTo(((Task) other).at);
        }
    }
}
