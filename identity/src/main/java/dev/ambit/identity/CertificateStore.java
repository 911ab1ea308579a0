package dev.ambit.identity;

import dev.ambit.identity.ca.CaFault;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One certificate per identity: fetched once however many ask, renewed ahead of its expiry, kept
/// while it is valid when the CA is away. Any thread; only the fetches block, on `fetchers`.
public final class CertificateStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateStore.class);

    private final CertificateSource source;
    private final IdentityLimits limits;
    private final Clock clock;
    private final RandomGenerator random;
    private final ScheduledExecutorService timer;
    private final Executor fetchers;
    private final Semaphore fetching;
    private final ConcurrentHashMap<SpiffeId, Entry> entries = new ConcurrentHashMap<>();
    private final List<Consumer<WorkloadCertificate>> listeners = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /// @param timer for short tasks only
    /// @param fetchers where blocking calls run: virtual threads
    public CertificateStore(
            CertificateSource source,
            IdentityLimits limits,
            Clock clock,
            RandomGenerator random,
            ScheduledExecutorService timer,
            Executor fetchers) {
        this.source = source;
        this.limits = limits;
        this.clock = clock;
        this.random = random;
        this.timer = timer;
        this.fetchers = fetchers;
        this.fetching = new Semaphore(limits.concurrentFetches());
    }

    /// The valid certificate, if there is one. Does not block and starts nothing.
    public Optional<WorkloadCertificate> current(SpiffeId id) {
        var entry = entries.get(id);
        var certificate = entry == null ? null : entry.certificate;
        return certificate != null && certificate.validAt(clock.instant())
                ? Optional.of(certificate)
                : Optional.empty();
    }

    /// The valid certificate, or the first that comes. Fails with `CaFault` at once when the last
    /// fetch failed and its repetition is not due yet.
    public CompletableFuture<WorkloadCertificate> get(SpiffeId id) {
        var now = current(id);
        if (now.isPresent()) {
            return CompletableFuture.completedFuture(now.get());
        }
        return entry(id).waiting();
    }

    /// Has it fetched before somebody asks.
    public void prefetch(SpiffeId id) {
        entry(id);
    }

    /// The identity has left this node. Who still holds the certificate may go on using it.
    public void forget(SpiffeId id) {
        var entry = entries.remove(id);
        if (entry != null) {
            entry.stop();
        }
    }

    /// Fetches a new one now. The old one stays current until the new one is there.
    public void rotate(SpiffeId id) {
        entry(id).fetchNow();
    }

    /// Told of every certificate that replaces another. On a fetcher's thread.
    public void onRenewed(Consumer<WorkloadCertificate> listener) {
        listeners.add(listener);
    }

    public List<CertificateStatus> snapshot() {
        return entries.values().stream()
                .map(Entry::status)
                .sorted(Comparator.comparing(status -> status.id().uri()))
                .toList();
    }

    private Entry entry(SpiffeId id) {
        if (closed) {
            throw new IllegalStateException("certificate store is closed");
        }
        return entries.computeIfAbsent(
                id,
                _ -> {
                    var entry = new Entry(id);
                    entry.fetchNow();
                    return entry;
                });
    }

    @Override
    public void close() {
        closed = true;
        entries.values().forEach(Entry::stop);
        entries.clear();
    }

    private Duration jittered(Duration delay) {
        double factor = 1 + limits.jitter() * (2 * random.nextDouble() - 1);
        return Duration.ofNanos((long) (delay.toNanos() * factor));
    }

    private final class Entry {
        private final SpiffeId id;
        private volatile @Nullable WorkloadCertificate certificate;
        private CompletableFuture<WorkloadCertificate> first = new CompletableFuture<>();
        private @Nullable CaFault problem;
        private @Nullable ScheduledFuture<?> next;
        private Duration backoff = limits.firstBackoff();
        private boolean inFlight;
        private boolean stopped;

        Entry(SpiffeId id) {
            this.id = id;
        }

        synchronized CompletableFuture<WorkloadCertificate> waiting() {
            return first.copy();
        }

        synchronized CertificateStatus status() {
            return new CertificateStatus(
                    id,
                    Optional.ofNullable(certificate),
                    Optional.ofNullable(problem).map(CaFault::text));
        }

        synchronized void stop() {
            stopped = true;
            if (next != null) {
                next.cancel(false);
            }
            first.completeExceptionally(
                    new CaFault(CaFault.Kind.LOCAL, id + " has left this node"));
        }

        synchronized void fetchNow() {
            if (inFlight || stopped) {
                return;
            }
            inFlight = true;
            if (next != null) {
                next.cancel(false);
            }
            fetchers.execute(this::fetch);
        }

        private void fetch() {
            try {
                fetching.acquire();
                try {
                    succeeded(source.fetch(id));
                } finally {
                    fetching.release();
                }
            } catch (CaFault fault) {
                failed(fault);
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
                failed(new CaFault(CaFault.Kind.LOCAL, "interrupted"));
            } catch (RuntimeException bug) {
                LOG.error("fetching a certificate for {} failed unexpectedly", id, bug);
                failed(new CaFault(CaFault.Kind.LOCAL, "internal error: " + bug));
            }
        }

        private void succeeded(WorkloadCertificate fetched) {
            boolean renewed;
            CompletableFuture<WorkloadCertificate> waiters;
            synchronized (this) {
                inFlight = false;
                if (stopped) {
                    return;
                }
                renewed = certificate != null;
                certificate = fetched;
                problem = null;
                backoff = limits.firstBackoff();
                waiters = first;
                if (waiters.isDone()) {
                    first = CompletableFuture.completedFuture(fetched);
                }
                schedule(renewalDelay(fetched));
            }
            LOG.info("certificate for {} until {}", id, fetched.notAfter());
            waiters.complete(fetched);
            if (renewed) {
                listeners.forEach(listener -> listener.accept(fetched));
            }
        }

        /// Half of the life that is left to a young certificate, earlier or later by the jitter;
        /// never at once, so that a CA with a wrong clock is not asked in a circle.
        private Duration renewalDelay(WorkloadCertificate fetched) {
            var life = Duration.between(fetched.notBefore(), fetched.notAfter());
            var offset = Duration.ofNanos((long) (life.toNanos() * jitterShare()));
            var due = Duration.between(clock.instant(), fetched.renewAt().plus(offset));
            return due.compareTo(limits.firstBackoff()) < 0 ? limits.firstBackoff() : due;
        }

        private double jitterShare() {
            return limits.jitter() / 2 * (2 * random.nextDouble() - 1);
        }

        private void failed(CaFault fault) {
            CompletableFuture<WorkloadCertificate> waiters;
            boolean stillValid;
            synchronized (this) {
                inFlight = false;
                if (stopped) {
                    return;
                }
                problem = fault;
                var kept = certificate;
                Instant now = clock.instant();
                stillValid = kept != null && kept.validAt(now);
                var delay = jittered(backoff);
                var doubled = backoff.multipliedBy(2);
                backoff =
                        doubled.compareTo(limits.maxBackoff()) > 0 ? limits.maxBackoff() : doubled;
                if (kept != null && stillValid) {
                    var left = Duration.between(now, kept.notAfter());
                    delay = delay.compareTo(left) < 0 ? delay : left;
                }
                waiters = first;
                if (!stillValid) {
                    first = CompletableFuture.failedFuture(fault);
                }
                schedule(delay);
            }
            LOG.warn(
                    "no certificate for {}: {}{}",
                    id,
                    fault.text(),
                    stillValid ? "; the old one is still valid" : "");
            if (!stillValid) {
                waiters.completeExceptionally(fault);
            }
        }

        private void schedule(Duration delay) {
            next = timer.schedule(this::fetchNow, delay.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
