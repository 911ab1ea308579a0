package dev.ambit.process.admin;

import dev.ambit.process.log.FieldLog;
import dev.ambit.process.log.RustDuration;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/// What must be done before this node is ready. Any thread. A task may be undone again; a node that
/// drains closes its readiness listener instead.
public final class Readiness {
    private static final FieldLog LOG = FieldLog.of(Readiness.class);

    private final LongSupplier nanoTime;
    private final long startedAt;
    private final TreeSet<String> pending = new TreeSet<>();

    /// @param nanoTime as `System.nanoTime`, for the log
    public Readiness(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.startedAt = nanoTime.getAsLong();
    }

    /// One thing to wait for. Register all of them before the first can be done.
    ///
    /// @throws IllegalArgumentException when the name is taken
    public Task register(String name) {
        synchronized (pending) {
            if (!pending.add(name)) {
                throw new IllegalArgumentException(
                        "readiness task: '" + name + "' (expected: a name not pending yet)");
            }
        }
        return new Task(name);
    }

    /// What is still awaited, sorted.
    public List<String> pending() {
        synchronized (pending) {
            return List.copyOf(pending);
        }
    }

    public boolean ready() {
        synchronized (pending) {
            return pending.isEmpty();
        }
    }

    public final class Task {
        private final String name;

        private Task(String name) {
            this.name = name;
        }

        /// Awaits it again: what was ready has gone.
        public void undone() {
            synchronized (pending) {
                if (!pending.add(name)) {
                    return;
                }
            }
            LOG.debug("Task '" + name + "' is awaited again");
        }

        /// Only the first call counts, until it is undone.
        public void done() {
            int left;
            synchronized (pending) {
                if (!pending.remove(name)) {
                    return;
                }
                left = pending.size();
            }
            var took = RustDuration.text(Duration.ofNanos(nanoTime.getAsLong() - startedAt));
            LOG.info(
                    "Task '"
                            + name
                            + "' complete ("
                            + took
                            + ")"
                            + (left == 0
                                    ? ", marking server ready"
                                    : ", still awaiting " + left + " tasks"));
        }
    }
}
