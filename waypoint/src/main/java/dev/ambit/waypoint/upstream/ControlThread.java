package dev.ambit.waypoint.upstream;

import java.util.SplittableRandom;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `Control` of a running process: one virtual thread at a time, in order.
public final class ControlThread implements Control, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlThread.class);

    private final ScheduledThreadPoolExecutor executor;

    public ControlThread() {
        executor =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofVirtual().name("clusters-", 0).factory());
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setRejectedExecutionHandler((_, _) -> {});
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long random() {
        return RANDOM.get().nextLong();
    }

    private static final ThreadLocal<SplittableRandom> RANDOM =
            ThreadLocal.withInitial(SplittableRandom::new);

    @Override
    public void execute(Runnable task) {
        executor.execute(guarded(task));
    }

    @Override
    public void fork(Runnable task) {
        Thread.ofVirtual().name("clusters-lookup").start(guarded(task));
    }

    @Override
    public Timer schedule(Runnable task, long nanos) {
        var future = executor.schedule(guarded(task), nanos, TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    /// A bug in one cluster's work must not end that of all.
    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("work on a cluster failed", e);
            }
        };
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
