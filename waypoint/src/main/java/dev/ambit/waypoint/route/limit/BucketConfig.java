package dev.ambit.waypoint.route.limit;

/// How a bucket is filled.
///
/// @param maxTokens how many requests may come at once; 0: none at all
/// @param fillNanos in which `tokens` come back
public record BucketConfig(long maxTokens, long tokens, long fillNanos) {
    public TokenBucket bucket(long now) {
        return new TokenBucket(maxTokens, tokens, fillNanos, now);
    }
}
