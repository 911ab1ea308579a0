package dev.ambit.waypoint.pool;

import dev.ambit.hbone.HboneLimits;
import java.time.Duration;

/// What the control plane says about tunnels to destinations: cluster `connect_originate`.
///
/// @param idle a tunnel without streams ends after this; zero for never
/// @param streamWindow bytes; 0 for ours
/// @param connectionWindow bytes; 0 for ours
public record TunnelSettings(Duration idle, int streamWindow, int connectionWindow) {
    /// As long as a timer need be set for "never".
    private static final Duration NEVER = Duration.ofDays(365);

    /// RFC 9113 section 6.9.2: what a connection begins with, and can't go below.
    private static final int LEAST_CONNECTION_WINDOW = 65_535;

    public static TunnelSettings of(HttpClientConfig http) {
        return new TunnelSettings(
                http.idleTimeout(), http.initialStreamWindow(), http.initialConnectionWindow());
    }

    HboneLimits over(HboneLimits ours) {
        int stream = streamWindow > 0 ? streamWindow : ours.streamWindowBytes();
        int connection = connectionWindow > 0 ? connectionWindow : ours.connectionWindowBytes();
        return ours.with(
                stream,
                Math.max(connection, Math.max(stream, LEAST_CONNECTION_WINDOW)),
                ours.maxFrameBytes(),
                ours.maxClientStreams(),
                idle.isZero() ? NEVER : idle);
    }
}
