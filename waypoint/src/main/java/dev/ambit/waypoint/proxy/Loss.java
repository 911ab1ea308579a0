package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.upstream.UpstreamFailure;

/// How an attempt was lost, in the words and codes in which Envoy tells the caller.
///
/// @param reason as in `reset reason: ..`
/// @param detail for `%RESPONSE_CODE_DETAILS%`; empty for none
/// @param overloaded whether the answer carries `x-envoy-overloaded`
record Loss(int status, ResponseFlag flag, String reason, String detail, boolean overloaded) {

    static Loss of(UpstreamFailure failure) {
        return switch (failure.kind()) {
            case NO_HEALTHY_HOST ->
                    new Loss(
                            503,
                            ResponseFlag.NO_HEALTHY_UPSTREAM,
                            "no healthy upstream",
                            "",
                            false);
            case OVERFLOW -> new Loss(503, ResponseFlag.UPSTREAM_OVERFLOW, "overflow", "", true);
            case CONNECT_FAILED ->
                    new Loss(
                            503,
                            ResponseFlag.UPSTREAM_CONNECTION_FAILURE,
                            "remote connection failure",
                            failure.detail(),
                            false);
            case CONNECT_TIMEOUT ->
                    new Loss(
                            503,
                            ResponseFlag.UPSTREAM_CONNECTION_FAILURE,
                            "connection timeout",
                            "",
                            false);
            case DNS ->
                    new Loss(
                            503,
                            ResponseFlag.DNS_RESOLUTION_FAILED,
                            "DNS resolution failure",
                            failure.detail(),
                            false);
        };
    }

    static Loss of(StreamReset reset) {
        return switch (reset.kind()) {
            case REMOTE ->
                    new Loss(503, ResponseFlag.UPSTREAM_REMOTE_RESET, "remote reset", "", false);
            case REMOTE_REFUSED ->
                    new Loss(
                            503,
                            ResponseFlag.UPSTREAM_REMOTE_RESET,
                            "remote refused stream reset",
                            "",
                            false);
            case CONNECT_ERROR ->
                    new Loss(
                            503,
                            ResponseFlag.UPSTREAM_REMOTE_RESET,
                            "remote error with CONNECT request",
                            "",
                            false);
            case CONNECTION_LOST ->
                    new Loss(
                            503,
                            ResponseFlag.UPSTREAM_CONNECTION_TERMINATION,
                            "connection termination",
                            "",
                            false);
            case PROTOCOL_ERROR ->
                    new Loss(
                            502, ResponseFlag.UPSTREAM_PROTOCOL_ERROR, "protocol error", "", false);
            case LOCAL -> new Loss(503, ResponseFlag.LOCAL_RESET, "local reset", "", false);
            case LOCAL_REFUSED ->
                    new Loss(
                            503, ResponseFlag.LOCAL_RESET, "local refused stream reset", "", false);
        };
    }

    String body(boolean retried) {
        return "upstream connect error or disconnect/reset before headers. "
                + (retried ? "retried and the latest " : "")
                + "reset reason: "
                + reason;
    }

    /// @param started whether a response had begun
    String details(boolean started) {
        var text =
                (started
                                ? "upstream_reset_after_response_started{"
                                : "upstream_reset_before_response_started{")
                        + reason
                        + (detail.isEmpty() ? "" : "|" + detail)
                        + "}";
        return text.replace(' ', '_');
    }
}
