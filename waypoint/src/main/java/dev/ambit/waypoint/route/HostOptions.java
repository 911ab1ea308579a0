package dev.ambit.waypoint.route;

import dev.ambit.waypoint.route.limit.RateLimits;

/// What a virtual host says for all its routes.
///
/// @param attemptCountInRequest whether the upstream gets `x-envoy-attempt-count`
/// @param attemptCountInResponse whether the client gets it
/// @param timeoutRetryInRequest whether the upstream gets `x-envoy-is-timeout-retry`
public record HostOptions(
        String name,
        boolean attemptCountInRequest,
        boolean attemptCountInResponse,
        boolean timeoutRetryInRequest,
        RateLimits limits) {}
