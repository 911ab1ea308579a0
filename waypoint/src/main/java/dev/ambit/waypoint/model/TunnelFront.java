package dev.ambit.waypoint.model;

import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.telemetry.ConnectTelemetry;
import java.time.Duration;
import java.util.List;

/// The listener that ends tunnels.
///
/// @param trustDomains of which a peer's SPIFFE URI must be one; empty for any
/// @param stages that judge the CONNECT itself: L4 rules of layered policies
/// @param maxStreams CONNECTs at once on one tunnel; 0 for ours
/// @param pingInterval of keep-alive; zero for ours
/// @param pingTimeout of keep-alive; zero for ours
/// @param telemetry of CONNECTs
public record TunnelFront(
        List<String> trustDomains,
        List<HttpStage> stages,
        int maxStreams,
        Duration pingInterval,
        Duration pingTimeout,
        ConnectTelemetry telemetry) {}
