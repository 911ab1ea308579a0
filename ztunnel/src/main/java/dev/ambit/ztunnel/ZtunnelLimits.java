package dev.ambit.ztunnel;

import java.time.Duration;

/// Every limit of this module that is not one of HBONE's, the certificates' or the mesh store's.
///
/// @param localWorkloadWait how long a connection waits for its own pod to appear in the mesh state
/// @param certificateWait how long a connection waits for its pod's first certificate
/// @param connectTimeout TCP connect towards an application or a destination outside the mesh
/// @param drain from SIGTERM until connections still open are cut
/// @param listenBacklog connections the kernel holds for a listener, before `accept`
/// @param acceptPause how long a listener rests when it can't accept, as without file descriptors
/// @param podStart for each step of opening a pod's listeners; all of them together must leave time
///   to answer the node agent, which waits 5 s
public record ZtunnelLimits(
        Duration localWorkloadWait,
        Duration certificateWait,
        Duration connectTimeout,
        Duration drain,
        int listenBacklog,
        Duration acceptPause,
        Duration podStart) {

    public static ZtunnelLimits defaults() {
        return new ZtunnelLimits(
                Duration.ofSeconds(5),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                1024,
                Duration.ofMillis(100),
                Duration.ofMillis(700));
    }

    public ZtunnelLimits withDrain(Duration drain) {
        return new ZtunnelLimits(
                localWorkloadWait,
                certificateWait,
                connectTimeout,
                drain,
                listenBacklog,
                acceptPause,
                podStart);
    }
}
