package dev.ambit.waypoint.upstream;

import org.jspecify.annotations.Nullable;

/// No connection could be had.
///
/// @param kind as it maps to response flags and retry conditions
/// @param host where one was chosen
/// @param detail Envoy's words (`%UPSTREAM_TRANSPORT_FAILURE_REASON%`), or ours for the log
public record UpstreamFailure(Kind kind, @Nullable UpstreamHost host, String detail) {
    public enum Kind {
        /// `UH`, 503 `no healthy upstream`.
        NO_HEALTHY_HOST,
        /// A circuit breaker: `UO`, 503 with `x-envoy-overloaded`.
        OVERFLOW,
        /// `UF`: refused, unreachable, TLS, the tunnel's answer.
        CONNECT_FAILED,
        /// `UF`: nothing came in time.
        CONNECT_TIMEOUT,
        /// `DF`.
        DNS
    }
}
