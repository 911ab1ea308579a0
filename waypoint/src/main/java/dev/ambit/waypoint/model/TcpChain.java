package dev.ambit.waypoint.model;

import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.telemetry.TcpTelemetry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What happens to connections whose bytes are nobody's business.
///
/// @param name the filter chain's
/// @param stages in order, `tcp_proxy` left out
/// @param clusters at least one
/// @param idleTimeout without bytes in either direction; zero for none. Envoy's default is an hour
/// @param maxDuration of the downstream connection; zero for none
/// @param maxConnectAttempts the first included
/// @param hashSource whether the host is chosen by the caller's address
/// @param tunnel a CONNECT, or POST, of our own inside the upstream connection
public record TcpChain(
        String name,
        List<NetworkStage> stages,
        List<WeightedCluster> clusters,
        Duration idleTimeout,
        Duration maxDuration,
        int maxConnectAttempts,
        boolean hashSource,
        Optional<Tunnel> tunnel,
        TcpTelemetry telemetry) {

    public static final Duration DEFAULT_IDLE = Duration.ofHours(1);

    public TcpChain {
        if (clusters.isEmpty()) {
            throw new IllegalArgumentException("chain " + name + ": no clusters (expected: one)");
        }
    }

    public record WeightedCluster(String name, int weight) {}

    /// `tunneling_config`.
    ///
    /// @param authority `host:port` to ask for
    /// @param post with POST instead of CONNECT
    public record Tunnel(String authority, boolean post) {}
}
