package dev.ambit.waypoint.route;

import java.util.List;

/// Routes of some domains (`envoy.config.route.v3.VirtualHost`).
///
/// @param domains names, `*.suffix`, `prefix.*` or `*`; lower-case
public record VirtualHost(
        List<String> domains, RouteIndex routes, TlsRequirement tls, HostOptions options) {
    /// Whether a request that came without TLS is sent away.
    public enum TlsRequirement {
        NONE,
        EXTERNAL_ONLY,
        ALL
    }
}
