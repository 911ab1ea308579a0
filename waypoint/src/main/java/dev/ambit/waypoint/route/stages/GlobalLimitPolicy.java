package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.route.HeaderMutations;
import dev.ambit.waypoint.route.limit.RateLimits;
import java.util.Optional;
import java.util.OptionalInt;

/// How a chain has its requests counted by a service
/// (`envoy.extensions.filters.http.ratelimit.v3.RateLimit`).
///
/// @param domain of the service's own configuration
/// @param stage which of the route's rules are meant
/// @param requests of which callers
/// @param own by what is counted; empty: the route says
/// @param denyOnError whether requests are refused when the service does not answer
/// @param statusOnError then
/// @param status of a refusal
/// @param grpcStatus of a refusal; empty: as `status` maps
/// @param tellsLimits whether answers carry `x-ratelimit-*`
/// @param tellsLimited whether refusals carry `x-envoy-ratelimited`
/// @param answer headers of refusals
/// @param enabled share of requests that are counted
/// @param enforced share of refusals that are meant
public record GlobalLimitPolicy(
        String domain,
        int stage,
        Requests requests,
        Optional<RateLimits> own,
        boolean denyOnError,
        int statusOnError,
        int status,
        OptionalInt grpcStatus,
        boolean tellsLimits,
        boolean tellsLimited,
        HeaderMutations answer,
        Fraction enabled,
        Fraction enforced) {
    /// `request_type`, by `x-envoy-internal`.
    public enum Requests {
        INTERNAL,
        EXTERNAL,
        BOTH
    }

    /// What a route says (`RateLimitPerRoute`).
    ///
    /// @param domain empty: the chain's
    /// @param own by what is counted; empty: as the chain has it
    public record OfRoute(
            LocalLimitPolicy.HostLimits hostLimits, String domain, Optional<RateLimits> own) {
        static final OfRoute NOTHING =
                new OfRoute(LocalLimitPolicy.HostLimits.OVERRIDE, "", Optional.empty());
    }
}
