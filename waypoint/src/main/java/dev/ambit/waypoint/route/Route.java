package dev.ambit.waypoint.route;

import dev.ambit.waypoint.match.Fraction;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One entry of a route table (`envoy.config.route.v3.Route`), with what it takes from its virtual
/// host and its table.
///
/// @param name empty for none
/// @param request header operations in the order in which they run
/// @param response header operations in the order in which they run
/// @param stages without those of a weighted cluster
/// @param metadata by namespace, as that of exchanges
/// @param statPrefix empty for none
/// @param bodyBufferBytes how much of a body is kept for retries and mirrors
public record Route(
        String name,
        RouteMatch match,
        RouteAction action,
        List<HeaderMutations> request,
        List<HeaderMutations> response,
        StageConfigs stages,
        Map<String, Map<String, Object>> metadata,
        Optional<Decorator> decorator,
        Optional<Sampling> sampling,
        String statPrefix,
        long bodyBufferBytes,
        HostOptions host) {
    /// What spans are called.
    ///
    /// @param propagate whether an upstream that says nothing itself is told by a header
    public record Decorator(String operation, boolean propagate) {}

    /// Which requests are traced, over what the chain says.
    public record Sampling(Fraction client, Fraction random, Fraction overall) {}
}
