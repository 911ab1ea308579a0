package dev.ambit.waypoint.upstream;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// The circuit breakers of one cluster: counters that all loops share. As in Envoy a limit may be
/// passed for a moment by loops that ask at the same time.
public final class CircuitBreakers {
    private final Control control;
    private volatile BreakerConfig config;
    private volatile @Nullable RecentRequests recent;
    private final AtomicLong connections = new AtomicLong();
    private final AtomicLong pending = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong retries = new AtomicLong();
    private final Runnable endRetry = retries::decrementAndGet;

    /// Times each breaker said no.
    final LongAdder connectionOverflow = new LongAdder();

    final LongAdder pendingOverflow = new LongAdder();
    final LongAdder requestOverflow = new LongAdder();
    final LongAdder retryOverflow = new LongAdder();

    CircuitBreakers(BreakerConfig config, Control control) {
        this.control = control;
        this.config = config;
        this.recent = recent(config);
    }

    private @Nullable RecentRequests recent(BreakerConfig of) {
        return of.retryBudget()
                .filter(b -> b.interval().isPositive())
                .map(b -> new RecentRequests(b.interval().toNanos(), control))
                .orElse(null);
    }

    /// New limits; what counts goes on counting.
    void config(BreakerConfig value) {
        if (!value.equals(config)) {
            recent = recent(value);
            config = value;
        }
    }

    BreakerConfig config() {
        return config;
    }

    boolean tryConnection() {
        if (connections.get() < config.maxConnections()) {
            return true;
        }
        connectionOverflow.increment();
        return false;
    }

    void connectionOpened() {
        connections.incrementAndGet();
    }

    void connectionClosed() {
        connections.decrementAndGet();
    }

    boolean tryPending() {
        if (pending.get() < config.maxPending()) {
            pending.incrementAndGet();
            return true;
        }
        pendingOverflow.increment();
        return false;
    }

    void pendingDone() {
        pending.decrementAndGet();
    }

    /// One more exchange on a connection? If so it counts until `requestDone`.
    boolean tryRequest() {
        if (requests.get() >= config.maxRequests()) {
            requestOverflow.increment();
            return false;
        }
        requests.incrementAndGet();
        var counted = recent;
        if (counted != null) {
            counted.add();
        }
        return true;
    }

    void requestDone() {
        requests.decrementAndGet();
    }

    /// @return to run when the retry has ended; null when it may not be
    @Nullable Runnable tryRetry() {
        if (retries.get() >= maxRetries()) {
            retryOverflow.increment();
            return null;
        }
        retries.incrementAndGet();
        return endRetry;
    }

    private long maxRetries() {
        var limits = config;
        if (limits.retryBudget().isEmpty()) {
            return limits.maxRetries();
        }
        var budget = limits.retryBudget().get();
        var counted = recent;
        long base = (counted == null ? requests.get() : counted.count()) + pending.get();
        return Math.max((long) (budget.percent() / 100 * base), budget.minConcurrency());
    }

    BreakerStatus status() {
        long r = requests.get();
        return new BreakerStatus(
                connections.get(),
                pending.get(),
                r,
                retries.get(),
                connections.get() >= config.maxConnections(),
                pending.get() >= config.maxPending(),
                r >= config.maxRequests(),
                retries.get() >= maxRetries(),
                connectionOverflow.sum(),
                pendingOverflow.sum(),
                requestOverflow.sum(),
                retryOverflow.sum());
    }

    /// What counts now against each limit, which breakers are open, and how often each said no.
    public record BreakerStatus(
            long connections,
            long pending,
            long requests,
            long retries,
            boolean connectionsOpen,
            boolean pendingOpen,
            boolean requestsOpen,
            boolean retriesOpen,
            long connectionOverflow,
            long pendingOverflow,
            long requestOverflow,
            long retryOverflow) {}
}
