package dev.ambit.waypoint.proxy;

import java.time.Duration;

/// Limits of stories. The defaults are pinned by a test.
///
/// @param retryBufferBytes of a request's body that are kept for another attempt, or for a mirror;
///   over it there is none. Envoy's default for connections
/// @param mirrorsInFlight of one loop; more are not sent
/// @param attemptsInFlight of one exchange: hedged ones, and the one that they back up
/// @param firstBytes of a connection that are looked into, to tell what it speaks
/// @param silentCaller after which a caller who has sent nothing on a port of either kind is one
///   whose server speaks first
public record ProxyLimits(
        int retryBufferBytes,
        int mirrorsInFlight,
        int attemptsInFlight,
        int firstBytes,
        Duration silentCaller) {

    public static ProxyLimits defaults() {
        return new ProxyLimits(1 << 20, 1_024, 4, 64 << 10, Duration.ofSeconds(5));
    }
}
