package dev.ambit.waypoint;

import java.time.Duration;

/// Limits of the process as a whole; what its parts hold has limits of its own beside them. The
/// defaults are pinned by a test.
///
/// @param listenBacklog connections that the kernel holds before they are accepted
/// @param acceptPause how long a listener rests after a failed accept
/// @param certificateWait of a connection for this process's first certificate
/// @param connectTimeout of TCP to a node
/// @param proxyHeaderWait for the PROXY header of a connection on the sandwich's port
/// @param drainStep how often a drain looks whether connections are left
public record WaypointLimits(
        int listenBacklog,
        Duration acceptPause,
        Duration certificateWait,
        Duration connectTimeout,
        Duration proxyHeaderWait,
        Duration drainStep) {
    public static WaypointLimits defaults() {
        return new WaypointLimits(
                4096,
                Duration.ofMillis(100),
                Duration.ofSeconds(5),
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                Duration.ofMillis(50));
    }
}
