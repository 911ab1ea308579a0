package dev.ambit.waypoint.model;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/// How HTTP is spoken and cleaned up: what Envoy's `HttpConnectionManager` says besides filters and
/// routes. Durations of zero are off.
///
/// @param serverName of the `server` header
/// @param serverHeader what becomes of an upstream's own
/// @param via appended to `via`; empty for none
/// @param idleTimeout `common_http_protocol_options.idle_timeout`: a connection without exchanges
/// @param maxConnectionDuration then it is drained
/// @param drainTimeout from the first GOAWAY to the second
/// @param streamIdleTimeout without bytes in either direction of an exchange
/// @param requestTimeout until the request is complete
/// @param requestHeadersTimeout until its head is
/// @param maxStreamDuration of an exchange
/// @param maxRequestHeadersBytes of a head; Envoy's default is 60 KiB
/// @param maxRequestHeaders fields; Envoy's default is 100
/// @param maxRequestsPerConnection then it is drained; 0 for no limit
/// @param upgrades protocols that may be asked for, lower-case
/// @param clientCert what becomes of `x-forwarded-client-cert`
/// @param normalizePath RFC 3986 section 6.2.2
/// @param delayedClose how long a connection may stay half open after its last answer
public record HttpOptions(
        Codec codec,
        String serverName,
        ServerHeader serverHeader,
        String via,
        Duration idleTimeout,
        Duration maxConnectionDuration,
        Duration drainTimeout,
        Duration streamIdleTimeout,
        Duration requestTimeout,
        Duration requestHeadersTimeout,
        Duration maxStreamDuration,
        int maxRequestHeadersBytes,
        int maxRequestHeaders,
        long maxRequestsPerConnection,
        Set<String> upgrades,
        RequestId requestId,
        ForwardedClientCert clientCert,
        boolean useRemoteAddress,
        int trustedHops,
        boolean appendForwardedPort,
        boolean skipForwardedForAppend,
        boolean normalizePath,
        boolean mergeSlashes,
        EscapedSlashes escapedSlashes,
        boolean stripMatchingHostPort,
        boolean stripAnyHostPort,
        boolean stripTrailingHostDot,
        Underscores underscores,
        boolean proxy100Continue,
        boolean suppressEnvoyHeaders,
        Http1 http1,
        Http2 http2,
        LocalReplies localReplies,
        Duration delayedClose) {

    /// Envoy's defaults, with istiod's for a waypoint.
    public static final HttpOptions DEFAULTS =
            new HttpOptions(
                    Codec.AUTO,
                    "istio-envoy",
                    ServerHeader.OVERWRITE,
                    "",
                    Duration.ofHours(1),
                    Duration.ZERO,
                    Duration.ofSeconds(5),
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    60 << 10,
                    100,
                    0,
                    Set.of("websocket"),
                    RequestId.DEFAULTS,
                    ForwardedClientCert.SANITIZE,
                    false,
                    0,
                    false,
                    false,
                    true,
                    false,
                    EscapedSlashes.KEEP_UNCHANGED,
                    false,
                    false,
                    false,
                    Underscores.ALLOW,
                    true,
                    false,
                    Http1.DEFAULTS,
                    Http2.DEFAULTS,
                    LocalReplies.DEFAULTS,
                    Duration.ofSeconds(1));

    public enum Codec {
        AUTO,
        HTTP_1,
        HTTP_2
    }

    public enum ServerHeader {
        OVERWRITE,
        APPEND_IF_ABSENT,
        PASS_THROUGH
    }

    /// `forward_client_cert_details`. Only a front whose TLS is the request's own has a certificate
    /// to add; behind a tunnel the modes that set act like those that sanitize.
    public enum ForwardedClientCert {
        SANITIZE,
        FORWARD_ONLY,
        APPEND_FORWARD,
        SANITIZE_SET,
        ALWAYS_FORWARD_ONLY
    }

    public enum EscapedSlashes {
        KEEP_UNCHANGED,
        REJECT,
        UNESCAPE_AND_REDIRECT,
        UNESCAPE_AND_FORWARD
    }

    public enum Underscores {
        ALLOW,
        REJECT,
        DROP
    }

    /// @param generate whether a request without one gets one
    /// @param preserveExternal whether one from outside is kept
    /// @param inResponse whether it is always put into the response
    /// @param packTraceReason whether its fourteenth digit tells why it is traced
    /// @param traceSampling whether tracing samples by it
    public record RequestId(
            boolean generate,
            boolean preserveExternal,
            boolean inResponse,
            boolean packTraceReason,
            boolean traceSampling) {
        public static final RequestId DEFAULTS = new RequestId(true, false, false, true, true);
    }

    /// @param acceptHttp10 instead of answering 426
    /// @param defaultHost for HTTP/1.0 without one; empty for none
    /// @param preserveCase names go out as they came in
    /// @param properCase names go out as `Content-Type`
    /// @param enableTrailers else they are dropped
    /// @param allowChunkedLength `content-length` beside chunks is dropped instead of refused
    public record Http1(
            boolean acceptHttp10,
            String defaultHost,
            boolean preserveCase,
            boolean properCase,
            boolean enableTrailers,
            boolean allowChunkedLength,
            boolean allowAbsoluteUrl) {
        public static final Http1 DEFAULTS = new Http1(false, "", false, false, false, false, true);
    }

    /// @param maxConcurrentStreams 0 for ours
    /// @param initialStreamWindow bytes; 0 for ours
    /// @param initialConnectionWindow bytes; 0 for ours
    /// @param allowConnect RFC 8441
    public record Http2(
            int maxConcurrentStreams,
            int initialStreamWindow,
            int initialConnectionWindow,
            boolean allowConnect,
            Duration pingInterval,
            Duration pingTimeout) {
        public static final Http2 DEFAULTS =
                new Http2(0, 0, 0, false, Duration.ZERO, Duration.ZERO);
    }

    /// `local_reply_config.body_format`.
    ///
    /// @param contentType of a body; empty for `text/plain`
    public record LocalReplies(Optional<BodyFormat> format, String contentType) {
        public static final LocalReplies DEFAULTS = new LocalReplies(Optional.empty(), "");
    }

    public interface BodyFormat {
        String format(dev.ambit.waypoint.exchange.StreamInfo info, String body);
    }
}
