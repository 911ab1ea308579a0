package dev.ambit.waypoint.security;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.stage.Exchange;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Keys of an issuer, fetched when a token needs them and kept for a time. One fetch at a time,
/// however many requests of however many loops wait for it.
public final class RemoteKeys {
    private final Source source;
    private final SecurityLimits limits;
    private final LongSupplier nanoTime;
    private final LongAdder fetched;
    private final LongAdder failed;
    private final AtomicReference<@Nullable CompletableFuture<Boolean>> fetching =
            new AtomicReference<>();
    private volatile @Nullable Kept kept;

    /// Where they are.
    ///
    /// @param timeout zero for the default
    /// @param keep how long keys are used before they are fetched again
    public record Source(
            String cluster, String authority, String path, Duration timeout, Duration keep) {}

    private record Kept(JwkSet set, long untilNanos) {}

    public RemoteKeys(
            Source source,
            SecurityLimits limits,
            LongSupplier nanoTime,
            SecurityCounters counters) {
        this.source = source;
        this.limits = limits;
        this.nanoTime = nanoTime;
        fetched = counters.counter("http.jwt_authn.jwks_fetch_success");
        failed = counters.counter("http.jwt_authn.jwks_fetch_failed");
    }

    Optional<JwkSet> current() {
        var now = kept;
        return now == null || nanoTime.getAsLong() - now.untilNanos >= 0
                ? Optional.empty()
                : Optional.of(now.set);
    }

    /// @param then on the exchange's loop, with whether there are keys now
    void fetch(Exchange exchange, Consumer<Boolean> then) {
        var mine = new CompletableFuture<Boolean>();
        var first = fetching.compareAndExchange(null, mine);
        if (first == null) {
            call(exchange, mine);
        }
        (first == null ? mine : first).thenAcceptAsync(then, exchange.loop());
    }

    private void call(Exchange exchange, CompletableFuture<Boolean> done) {
        var head =
                new RequestHead(
                        HttpVersion.HTTP_1_1,
                        "GET",
                        "http",
                        source.authority,
                        source.path,
                        new Headers(),
                        null);
        var timeout = source.timeout.isZero() ? limits.keysTimeout() : source.timeout;
        // Not cancelled with the exchange that began it: others may wait.
        ServiceCall.start(
                exchange.upstreams(),
                exchange.loop(),
                exchange.info().connection(),
                new ServiceCall.Request(
                        source.cluster, head, new byte[0], timeout, limits.keysBytes()),
                result -> {
                    boolean good = take(result);
                    (good ? fetched : failed).increment();
                    fetching.set(null);
                    done.complete(good);
                });
    }

    private boolean take(ServiceCall.Result result) {
        if (!(result instanceof ServiceCall.Result.Answered answered)
                || answered.head().status() != 200) {
            return false;
        }
        var set = JwkSet.parse(answered.body(), limits);
        set.ifPresent(keys -> kept = new Kept(keys, nanoTime.getAsLong() + source.keep.toNanos()));
        return set.isPresent();
    }
}
