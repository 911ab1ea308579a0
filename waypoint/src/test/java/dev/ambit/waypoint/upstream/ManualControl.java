package dev.ambit.waypoint.upstream;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/// A control whose time stands still and whose tasks wait until a test runs them.
final class ManualControl implements Control {
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final PriorityQueue<Timed> timers = new PriorityQueue<>();
    private final SplittableRandom random = new SplittableRandom(7);
    private long now = 1_000_000_000_000L;
    private long order;

    private record Timed(long at, long order, Runnable task) implements Comparable<Timed> {
        @Override
        public int compareTo(Timed other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
        }
    }

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public long random() {
        return random.nextLong();
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public void fork(Runnable task) {
        tasks.add(task);
    }

    @Override
    public Timer schedule(Runnable task, long nanos) {
        var timed = new Timed(now + nanos, order++, task);
        timers.add(timed);
        return () -> timers.remove(timed);
    }

    /// Runs what waits, and what that brings.
    void run() {
        for (var task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    void advance(Duration by) {
        long until = now + by.toNanos();
        run();
        for (var next = timers.peek(); next != null && next.at <= until; next = timers.peek()) {
            timers.remove(next);
            now = next.at;
            next.task.run();
            run();
        }
        now = until;
    }

    int timers() {
        return timers.size();
    }
}
