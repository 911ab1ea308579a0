package dev.ambit.waypoint.upstream;

import java.util.concurrent.atomic.AtomicLongArray;

/// Requests of the last interval, counted in slots of it.
final class RecentRequests {
    /// Slots of an interval: how finely the oldest are forgotten.
    private static final int SLOTS = 10;

    private final long slotNanos;
    private final Control control;

    /// One more than an interval has, the one that is being filled.
    private final AtomicLongArray counts = new AtomicLongArray(SLOTS + 1);

    /// Which slot of time each count is of.
    private final AtomicLongArray times = new AtomicLongArray(SLOTS + 1);

    RecentRequests(long intervalNanos, Control control) {
        this.slotNanos = Math.max(1, intervalNanos / SLOTS);
        this.control = control;
    }

    void add() {
        long now = now();
        int slot = (int) Math.floorMod(now, (long) counts.length());
        long was = times.get(slot);
        if (was != now && times.compareAndSet(slot, was, now)) {
            counts.set(slot, 0);
        }
        counts.incrementAndGet(slot);
    }

    long count() {
        long now = now();
        long sum = 0;
        for (int i = 0; i < counts.length(); i++) {
            long age = now - times.get(i);
            if (age >= 0 && age <= SLOTS) {
                sum += counts.get(i);
            }
        }
        return sum;
    }

    private long now() {
        return Math.floorDiv(control.nanoTime(), slotNanos);
    }
}
