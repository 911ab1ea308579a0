package dev.ambit.waypoint.route;

import dev.ambit.waypoint.route.limit.RateLimits;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a route does with requests.
public sealed interface RouteAction {
    /// To a cluster (`envoy.config.route.v3.RouteAction`).
    ///
    /// @param clusterNotFoundStatus HTTP status code where the cluster is not there
    /// @param appendForwardedHost whether a host that is rewritten is kept in `x-forwarded-host`
    /// @param hedge whether an attempt that takes too long goes on beside the next
    /// @param upgrades protocols, lower-case (`connect` too), allowed or not over what the chain
    ///   says
    /// @param highPriority which of a cluster's circuit breakers counts
    /// @param includeHostLimits whether the virtual host's rate limits count beside the route's
    record Forward(
            ClusterChoice clusters,
            int clusterNotFoundStatus,
            PathRewrite path,
            HostRewrite host,
            boolean appendForwardedHost,
            RouteTimeouts timeouts,
            RetryPolicy retry,
            boolean hedge,
            List<MirrorPolicy> mirrors,
            List<HashPolicy> hash,
            Map<String, Boolean> upgrades,
            boolean highPriority,
            RateLimits limits,
            boolean includeHostLimits)
            implements RouteAction {}

    /// Elsewhere, by the client (`RedirectAction`).
    ///
    /// @param status 301, 302, 303, 307 or 308
    /// @param scheme empty: the request's
    /// @param host empty: the request's
    /// @param port 0: the request's
    record Redirect(
            int status, String scheme, String host, int port, RedirectPath path, boolean stripQuery)
            implements RouteAction {}

    /// An answer from here (`DirectResponseAction`).
    ///
    /// @param body empty where there is none
    record Direct(int status, Optional<String> body) implements RouteAction {}
}
