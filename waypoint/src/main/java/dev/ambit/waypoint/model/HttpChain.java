package dev.ambit.waypoint.model;

import dev.ambit.waypoint.route.RouteTable;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.telemetry.ChainTelemetry;
import java.util.List;

/// What happens to requests for one port of one service, or to those sent straight to a pod.
///
/// @param name the filter chain's, as `inbound-vip|80|http|web.shop.svc.cluster.local`
/// @param stages in the order in which a request passes them, the router left out
public record HttpChain(
        String name,
        HttpOptions options,
        List<HttpStage> stages,
        RouteTable routes,
        ChainTelemetry telemetry) {}
