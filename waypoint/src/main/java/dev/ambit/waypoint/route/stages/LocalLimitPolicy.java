package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.route.HeaderMutations;
import dev.ambit.waypoint.route.limit.LocalLimiter;
import dev.ambit.waypoint.route.limit.RateLimits;
import java.util.Optional;
import java.util.OptionalInt;

/// How a chain, or a route, counts requests in this process
/// (`envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit`).
///
/// @param status of a refusal: 429, or another of at least 400
/// @param grpcStatus of a refusal; empty: as `status` maps
/// @param enabled share of requests that are counted
/// @param enforced share of the refusals that are meant; the others pass with `notEnforced`
/// @param own by what is counted; empty: the route says
/// @param stage which of the route's rules are meant
/// @param hostLimits how the virtual host's rules go with the route's
/// @param tellsLimits whether answers carry `x-ratelimit-*`
/// @param answer headers of refusals
public record LocalLimitPolicy(
        LocalLimiter limiter,
        int status,
        OptionalInt grpcStatus,
        Fraction enabled,
        Fraction enforced,
        Optional<RateLimits> own,
        int stage,
        HostLimits hostLimits,
        boolean tellsLimits,
        HeaderMutations answer,
        HeaderMutations notEnforced) {
    /// `VhRateLimitsOptions`.
    public enum HostLimits {
        /// Only where the route has none.
        OVERRIDE,
        /// Beside the route's.
        INCLUDE,
        /// Never.
        IGNORE
    }
}
