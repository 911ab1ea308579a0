package dev.ambit.identity;

import dev.ambit.identity.FetchQueue.Priority;
import dev.ambit.identity.ca.CaFault;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One certificate per identity: fetched once however many ask, renewed ahead of its expiry, kept
/// while it is valid when the CA is away. Any thread; only the fetches block, on `fetchers`.
///
/// Every certificate believes the roots that came with any certificate of its trust domain that is
/// held. So a new root is believed by all as soon as one answer brings it, and an old one until the
/// last certificate that came with it has been renewed or forgotten.
public final class CertificateStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateStore.class);

    private final CertificateSource source;
    private final IdentityLimits limits;
    private final Clock clock;
    private final RandomGenerator random;
    private final ScheduledExecutorService timer;
    private final FetchQueue fetches;
    private final ConcurrentHashMap<SpiffeId, Entry> entries = new ConcurrentHashMap<>();
    private final List<Consumer<WorkloadCertificate>> listeners = new CopyOnWriteArrayList<>();
    private final Object sharing = new Object();
    private final Map<CaFault.Kind, LongAdder> failures = new EnumMap<>(CaFault.Kind.class);
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
        this.fetches = new FetchQueue(fetchers, limits.concurrentFetches());
        for (var kind : CaFault.Kind.values()) {
            failures.put(kind, new LongAdder());
        }
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
        var entry = entry(id, Priority.REAL_TIME);
        fetches.raise(entry, Priority.REAL_TIME);
        return entry.waiting();
    }

    /// Has it fetched before somebody asks.
    public void prefetch(SpiffeId id) {
        entry(id, Priority.WARMUP);
    }

    /// The identity has left this node. Who still holds the certificate may go on using it.
    public void forget(SpiffeId id) {
        var entry = entries.remove(id);
        if (entry != null) {
            entry.stop();
            fetches.withdraw(entry);
            shareRoots(id.trustDomain()).forEach(this::tellRenewed);
        }
    }

    /// Every identity that was asked for and not forgotten.
    public Set<SpiffeId> identities() {
        return Set.copyOf(entries.keySet());
    }

    /// Fetches a new one now. The old one stays current until the new one is there.
    public void rotate(SpiffeId id) {
        entry(id, Priority.WARMUP).fetchNow(Priority.WARMUP);
    }

    /// Asks the CA once more, for one identity: its answer brings new roots to all of them.
    public void refreshRoots() {
        entries.values().stream()
                .filter(entry -> entry.certificate != null)
                .findAny()
                .ifPresent(entry -> entry.fetchNow(Priority.WARMUP));
    }

    /// Fetches that wait for their turn.
    public int waitingFetches() {
        return fetches.waiting();
    }

    /// Fetches that came to nothing so far.
    public long failedFetches(CaFault.Kind kind) {
        return failures(kind).sum();
    }

    private LongAdder failures(CaFault.Kind kind) {
        return Objects.requireNonNull(failures.get(kind), "every kind has a counter");
    }

    /// Told of every certificate that replaces another: a renewed one, or the same with other
    /// roots. On whatever thread replaces it.
    public void onRenewed(Consumer<WorkloadCertificate> listener) {
        listeners.add(listener);
    }

    public List<CertificateStatus> snapshot() {
        return entries.values().stream()
                .map(Entry::status)
                .sorted(Comparator.comparing(status -> status.id().uri()))
                .toList();
    }

    private Entry entry(SpiffeId id, Priority priority) {
        if (closed) {
            throw new IllegalStateException("certificate store is closed");
        }
        return entries.computeIfAbsent(
                id,
                _ -> {
                    var entry = new Entry(id);
                    entry.fetchNow(priority);
                    return entry;
                });
    }

    /// One at a time, so that the last one has seen every root.
    ///
    /// @return the certificates that believe other roots than before
    private List<WorkloadCertificate> shareRoots(String trustDomain) {
        var replaced = new ArrayList<WorkloadCertificate>();
        synchronized (sharing) {
            var all = new LinkedHashSet<X509Certificate>();
            var sharers =
                    entries.values().stream()
                            .filter(entry -> entry.id.trustDomain().equals(trustDomain))
                            .toList();
            sharers.forEach(entry -> all.addAll(entry.ownRoots()));
            sharers.forEach(entry -> entry.believe(all).ifPresent(replaced::add));
        }
        return replaced;
    }

    private void tellRenewed(WorkloadCertificate certificate) {
        listeners.forEach(listener -> listener.accept(certificate));
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
        private List<X509Certificate> ownRoots = List.of();
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
                    Optional.ofNullable(certificate).filter(c -> c.validAt(clock.instant())),
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

        synchronized List<X509Certificate> ownRoots() {
            return ownRoots;
        }

        /// @return the certificate that believes other roots than before, if that is so
        synchronized Optional<WorkloadCertificate> believe(Set<X509Certificate> roots) {
            var held = certificate;
            if (stopped || held == null || Set.copyOf(held.trust().roots()).equals(roots)) {
                return Optional.empty();
            }
            var replaced = held.believing(new TrustBundle(List.copyOf(roots)));
            certificate = replaced;
            return Optional.of(replaced);
        }

        synchronized void fetchNow(Priority priority) {
            if (stopped) {
                return;
            }
            if (inFlight) {
                fetches.raise(this, priority);
                return;
            }
            inFlight = true;
            if (next != null) {
                next.cancel(false);
            }
            fetches.submit(this, priority, this::fetch);
        }

        private void fetch() {
            synchronized (this) {
                if (stopped) {
                    return;
                }
            }
            try {
                succeeded(source.fetch(id));
            } catch (CaFault fault) {
                failed(fault);
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
                ownRoots = fetched.trust().roots();
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
            var told = shareRoots(id.trustDomain());
            waiters.complete(current(id).orElse(fetched));
            told.forEach(CertificateStore.this::tellRenewed);
            if (renewed && told.stream().noneMatch(each -> each.id().equals(id))) {
                tellRenewed(fetched);
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
            failures(fault.kind()).increment();
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
            next =
                    timer.schedule(
                            () -> fetchNow(Priority.BACKGROUND),
                            delay.toMillis(),
                            TimeUnit.MILLISECONDS);
        }
    }
}
