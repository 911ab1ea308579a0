package dev.ambit.waypoint.upstream;

/// Where clusters do what no event loop waits for: sweeps, look-ups, swaps of snapshots.
public interface Control {
    /// Monotonic, nanoseconds.
    long nanoTime();

    /// Uniform over all 64 bits.
    long random();

    /// Runs soon, on another thread than an event loop's.
    void execute(Runnable task);

    /// Runs on a thread of its own: it may block.
    void fork(Runnable task);

    /// Runs once, after that many nanoseconds.
    Timer schedule(Runnable task, long nanos);

    interface Timer {
        void cancel();
    }
}
