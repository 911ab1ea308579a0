package dev.ambit.waypoint.security;

import java.time.Duration;

/// What this package keeps and waits for, at most.
///
/// @param tokens verified tokens remembered for one set of keys
/// @param tokenBytes longest token remembered
/// @param tokenText longest token looked into, characters
/// @param keysBytes longest key set fetched
/// @param keys in one set
/// @param answerBytes longest body of an authorization server's answer
/// @param answerFields longest list of header fields taken from such an answer
/// @param keysTimeout for fetching keys, where the configuration has none
public record SecurityLimits(
        int tokens,
        int tokenBytes,
        int tokenText,
        int keysBytes,
        int keys,
        int answerBytes,
        int answerFields,
        Duration keysTimeout) {

    /// Policies looked at to explain a refusal.
    static final int EXPLAINED_POLICIES = 32;

    /// Nesting of a token's claims, as protobuf's JSON reader.
    static final int JSON_DEPTH = 100;

    public static final SecurityLimits DEFAULT =
            new SecurityLimits(
                    1_000, 4_096, 64 << 10, 1 << 20, 1_000, 1 << 20, 100, Duration.ofSeconds(5));
}
