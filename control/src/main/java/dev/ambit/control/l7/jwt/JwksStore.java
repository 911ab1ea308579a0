package dev.ambit.control.l7.jwt;

import dev.ambit.control.l7.jwt.JwksBook.Fetch;
import dev.ambit.control.l7.jwt.JwksBook.State;
import dev.ambit.control.l7.jwt.JwksSource.Key;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Fetches keys of issuers, keeps them, asks again. Readers get what is known and never wait.
public final class JwksStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JwksStore.class);

    /// Longest rest of the loop, so that a clock that is set is noticed.
    private static final Duration REST = Duration.ofMinutes(1);

    private final JwksLimits limits;
    private final JwksFetcher fetcher;
    private final Clock clock;
    private final Runnable changed;
    private final JwksBook book;
    private final ExecutorService fetches = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicLong succeeded = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private volatile Map<Key, State> states = Map.of();
    private boolean closed;

    /// @param changed called after keys have come, changed or gone, by a thread that fetched
    public JwksStore(JwksLimits limits, JwksFetcher fetcher, Clock clock, Runnable changed) {
        this.limits = limits;
        this.fetcher = fetcher;
        this.clock = clock;
        this.changed = changed;
        this.book = new JwksBook(limits);
    }

    /// Starts the thread that asks again.
    public JwksStore start() {
        Thread.ofVirtual().name("jwks").start(this::loop);
        return this;
    }

    /// Exactly these are wanted from now on; what is not known of them is fetched.
    public void want(Set<JwksSource> sources) {
        synchronized (this) {
            book.want(sources, clock.instant());
            states = book.states();
            notifyAll();
        }
    }

    /// What is known now. Does not change.
    public Jwks snapshot() {
        return new Known(states);
    }

    /// Equal to another with the same keys.
    private record Known(Map<Key, State> states) implements Jwks {
        @Override
        public Jwks.Answer keys(String issuer, String uri) {
            var state = states.get(new Key(issuer, uri));
            if (state != null && state.json().isPresent()) {
                return new Jwks.Answer.Known(state.json().get(), state.failure());
            }
            return state == null || state.failure().isEmpty()
                    ? new Jwks.Answer.Pending()
                    : new Jwks.Answer.Missing(state.failure());
        }
    }

    /// Fetches what is due; returns when it has begun.
    public void fetchDue() {
        synchronized (this) {
            if (!closed) {
                for (var fetch : book.due(clock.instant())) {
                    fetches.execute(() -> fetch(fetch));
                }
            }
        }
    }

    private void fetch(Fetch fetch) {
        try {
            var json = keys(fetch);
            succeeded.incrementAndGet();
            done(fetch.key(), json, "");
        } catch (IOException e) {
            failed.incrementAndGet();
            LOG.warn("keys of {}: {}", fetch.key(), e.getMessage());
            done(fetch.key(), "", String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException bug) {
            failed.incrementAndGet();
            LOG.error("keys of {} can't be fetched", fetch.key(), bug);
            done(fetch.key(), "", "a fault of this program: " + bug);
        }
    }

    private String keys(Fetch fetch) throws IOException, InterruptedException {
        var key = fetch.key();
        URI uri;
        if (key.uri().isEmpty()) {
            var discovery = JwksDocuments.discovery(key.issuer());
            uri = JwksDocuments.keysOf(fetcher.fetch(discovery, fetch.timeout()), discovery);
        } else {
            uri = JwksDocuments.http(key.uri(), "jwksUri");
        }
        return JwksDocuments.keys(
                fetcher.fetch(uri, fetch.timeout()), uri.toString(), limits.keys());
    }

    private void done(Key key, String json, String failure) {
        boolean news;
        synchronized (this) {
            var now = clock.instant();
            news =
                    failure.isEmpty()
                            ? book.succeeded(key, json, now)
                            : book.failed(key, failure, now);
            states = book.states();
            notifyAll();
        }
        if (news) {
            changed.run();
        }
    }

    private void loop() {
        try {
            while (true) {
                fetchDue();
                synchronized (this) {
                    if (closed) {
                        return;
                    }
                    rest();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Until something is due, or is wanted.
    private void rest() throws InterruptedException {
        var now = clock.instant();
        var until = book.next().orElse(now.plus(REST));
        long millis = Math.min(millis(now, until), REST.toMillis());
        if (millis > 0) {
            wait(millis);
        }
    }

    private static long millis(Instant now, Instant until) {
        return Math.max(1, Duration.between(now, until).toMillis());
    }

    /// For the metrics page.
    public Map<String, Long> counters() {
        var all = new TreeMap<String, Long>();
        all.put("jwks_fetches_succeeded", succeeded.get());
        all.put("jwks_fetches_failed", failed.get());
        return all;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        fetches.shutdownNow();
    }
}
