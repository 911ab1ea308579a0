package dev.ambit.identity;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Executor;

/// Fetches that wait for their turn: the urgent before the rest, then in the order in which they
/// were asked for, and no more than a few at one time. Any thread; nothing is ever dropped.
final class FetchQueue {
    private final Executor fetchers;
    private final int atOnce;
    private final TreeSet<Waiting> queue =
            new TreeSet<>(
                    Comparator.comparing((Waiting each) -> each.priority)
                            .thenComparing(each -> each.number));
    private final Map<Object, Waiting> byOwner = new HashMap<>();
    private long asked;
    private int running;

    /// How soon it is needed; the most urgent first.
    enum Priority {
        /// A connection waits for it.
        REAL_TIME,
        /// Somebody will.
        WARMUP,
        /// What there is will do for a while.
        BACKGROUND
    }

    private record Waiting(Object owner, Priority priority, long number, Runnable fetch) {}

    /// @param fetchers where blocking calls run
    FetchQueue(Executor fetchers, int atOnce) {
        this.fetchers = fetchers;
        this.atOnce = atOnce;
    }

    /// @param owner has one fetch at a time
    void submit(Object owner, Priority priority, Runnable fetch) {
        synchronized (this) {
            var waiting = new Waiting(owner, priority, asked++, fetch);
            queue.add(waiting);
            byOwner.put(owner, waiting);
        }
        startNext();
    }

    /// If it still waits, it does so among the more urgent.
    synchronized void raise(Object owner, Priority to) {
        var waiting = byOwner.get(owner);
        if (waiting != null && to.compareTo(waiting.priority) < 0) {
            queue.remove(waiting);
            var raised = new Waiting(owner, to, waiting.number, waiting.fetch);
            queue.add(raised);
            byOwner.put(owner, raised);
        }
    }

    /// It is not needed any more. One that runs goes on.
    synchronized void withdraw(Object owner) {
        var waiting = byOwner.remove(owner);
        if (waiting != null) {
            queue.remove(waiting);
        }
    }

    private void startNext() {
        Waiting next;
        synchronized (this) {
            if (running >= atOnce || queue.isEmpty()) {
                return;
            }
            next = queue.removeFirst();
            byOwner.remove(next.owner);
            running++;
        }
        fetchers.execute(() -> run(next.fetch));
    }

    private void run(Runnable fetch) {
        try {
            fetch.run();
        } finally {
            synchronized (this) {
                running--;
            }
            startNext();
        }
    }

    synchronized int waiting() {
        return queue.size();
    }
}
