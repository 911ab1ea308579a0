package dev.ambit.ztunnel.outbound;

import java.time.Duration;

/// What asking for names may take and keep. The defaults are pinned by a test.
///
/// @param entries names that are remembered; the one that was not asked for longest gives way
/// @param maxTtl an answer is asked for anew after this, whatever its records say
/// @param failureTtl how long a failure is remembered, so that a client that tries again at once
///   does not become a flood of queries
/// @param queryTimeout for one query to one server; resolv.conf's `options timeout` wins
/// @param deadline for a name, all tries included
public record ResolverLimits(
        int entries,
        Duration maxTtl,
        Duration failureTtl,
        Duration queryTimeout,
        Duration deadline) {
    public static ResolverLimits defaults() {
        return new ResolverLimits(
                4096,
                Duration.ofDays(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(5),
                Duration.ofSeconds(10));
    }
}
