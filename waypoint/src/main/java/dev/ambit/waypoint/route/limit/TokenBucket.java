package dev.ambit.waypoint.route.limit;

import java.util.concurrent.atomic.AtomicLong;

/// Tokens that come back evenly, up to a maximum. For all loops, without a lock: what is kept is
/// the instant at which the bucket would have been empty.
public final class TokenBucket {
    private static final double NANOS_PER_SECOND = 1e9;

    /// So slow a bucket is never full: 73 years.
    private static final long MOST_NANOS = Long.MAX_VALUE / 4;

    private final long maxTokens;
    private final double tokensPerNano;
    private final AtomicLong emptyAt;

    /// Whether it was asked for since the last sweep.
    volatile boolean used = true;

    /// @param maxTokens with which it begins; 0 for one that never has any
    /// @param fillNanos in which `tokens` come back, more than 0
    /// @param now of the monotonic clock, in nanoseconds
    public TokenBucket(long maxTokens, long tokens, long fillNanos, long now) {
        this.maxTokens = maxTokens;
        this.tokensPerNano = (double) tokens / fillNanos;
        this.emptyAt = new AtomicLong(now - fullNanos());
    }

    private long fullNanos() {
        return Math.min(MOST_NANOS, (long) Math.ceil(maxTokens / tokensPerNano));
    }

    /// Takes a token, if there is one.
    public boolean take(long now) {
        while (true) {
            long empty = emptyAt.get();
            double tokens = tokens(empty, now);
            if (tokens < 1) {
                return false;
            }
            long next = now - (long) ((tokens - 1) / tokensPerNano);
            if (emptyAt.compareAndSet(empty, next)) {
                return true;
            }
        }
    }

    private double tokens(long empty, long now) {
        return Math.min(maxTokens, (now - empty) * tokensPerNano);
    }

    public long maxTokens() {
        return maxTokens;
    }

    public double tokensPerSecond() {
        return tokensPerNano * NANOS_PER_SECOND;
    }

    public long remaining(long now) {
        return (long) Math.max(0, tokens(emptyAt.get(), now));
    }

    /// Seconds until there is a token, rounded up; 0 where there is one.
    public long resetSeconds(long now) {
        double tokens = tokens(emptyAt.get(), now);
        return tokens >= 1 ? 0 : (long) Math.ceil((1 - Math.max(0, tokens)) / tokensPerSecond());
    }
}
