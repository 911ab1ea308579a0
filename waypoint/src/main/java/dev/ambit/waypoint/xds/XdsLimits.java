package dev.ambit.waypoint.xds;

import java.time.Duration;

/// What the conversation with the control plane may hold and wait for.
///
/// @param warming how long chains wait for endpoints and secrets that they need, Envoy's
///   `initial_fetch_timeout`
/// @param reasonChars of a refusal that is sent back
/// @param localRefresh how often files of secrets are looked at
public record XdsLimits(Duration warming, int reasonChars, Duration localRefresh) {
    public static XdsLimits defaults() {
        return new XdsLimits(Duration.ofSeconds(15), 4096, Duration.ofSeconds(10));
    }
}
