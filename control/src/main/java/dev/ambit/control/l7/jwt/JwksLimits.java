package dev.ambit.control.l7.jwt;

import java.time.Duration;

/// Limits of fetching keys. The times are istiod's.
///
/// @param bytes one answer of an issuer
/// @param keys in one set
/// @param fetches at a time
/// @param redirects followed in one fetch
/// @param timeout of one fetch from beginning to end, unless the rule says otherwise
/// @param timeoutMost the longest that a rule may say
/// @param refresh keys are asked for again after this long
/// @param retry after the first failure; doubled with each further one
/// @param retryMost the longest between two attempts
/// @param stale keys that could not be refreshed for this long are believed no more
/// @param unused keys that nobody has wanted for this long are forgotten
public record JwksLimits(
        int bytes,
        int keys,
        int fetches,
        int redirects,
        Duration timeout,
        Duration timeoutMost,
        Duration refresh,
        Duration retry,
        Duration retryMost,
        Duration stale,
        Duration unused) {

    public static JwksLimits defaults() {
        return new JwksLimits(
                1 << 20,
                1_000,
                16,
                3,
                Duration.ofSeconds(5),
                Duration.ofMinutes(1),
                Duration.ofMinutes(20),
                Duration.ofSeconds(1),
                Duration.ofMinutes(20),
                Duration.ofDays(7),
                Duration.ofDays(7));
    }
}
