package dev.ambit.e2e.lab;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Waits for a condition by looking again and again until a deadline. The lab waits for other
/// processes, which tell nobody when they are ready, so there is nothing better to wait on.
///
/// @param nanoTime a monotonic clock, in nanoseconds
/// @param poll between two looks
public record Await(LongSupplier nanoTime, Duration poll) {
    /// The first value that is present within `limit`, or empty.
    public <T> Optional<T> first(Duration limit, Supplier<Optional<T>> look) {
        long deadline = nanoTime.getAsLong() + limit.toNanos();
        while (true) {
            Optional<T> seen = look.get();
            if (seen.isPresent() || nanoTime.getAsLong() - deadline >= 0) {
                return seen;
            }
            LockSupport.parkNanos(poll.toNanos());
            if (Thread.currentThread().isInterrupted()) {
                return Optional.empty();
            }
        }
    }

    /// Whether the condition held within `limit`.
    public boolean until(Duration limit, BooleanSupplier condition) {
        return first(limit, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty())
                .isPresent();
    }
}
