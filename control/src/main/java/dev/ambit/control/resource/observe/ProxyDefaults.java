package dev.ambit.control.resource.observe;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The part of Istio's ProxyConfig (`defaultConfig`, or what a proxy says of itself) that has an
/// effect on what it is sent.
public record ProxyDefaults(Headers headers, Optional<Tracing> tracing, Connections connections) {

    public static final ProxyDefaults NONE =
            new ProxyDefaults(Headers.NONE, Optional.empty(), Connections.NONE);

    /// What becomes of `x-forwarded-client-cert`.
    public enum ForwardClientCert {
        UNDEFINED,
        SANITIZE,
        FORWARD_ONLY,
        APPEND_FORWARD,
        SANITIZE_SET,
        ALWAYS_FORWARD_ONLY
    }

    /// `proxyHeaders`. A flag is empty when it is not said.
    ///
    /// @param server value of the header, empty: the default one
    public record Headers(
            ForwardClientCert forwardedClientCert,
            Optional<Boolean> requestIdDisabled,
            Optional<Boolean> serverDisabled,
            String server,
            Optional<Boolean> attemptCountDisabled,
            Optional<Boolean> debugHeadersDisabled,
            Optional<Boolean> preserveHttp1Case,
            Optional<Boolean> xForwardedHost,
            Optional<Boolean> xForwardedPort) {
        public static final Headers NONE =
                new Headers(
                        ForwardClientCert.UNDEFINED,
                        Optional.empty(),
                        Optional.empty(),
                        "",
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());
    }

    /// Where the value of a span's tag comes from.
    public sealed interface Tag {}

    public record Literal(String value) implements Tag {}

    /// A variable of the proxy's environment.
    public record Environment(String name, String otherwise) implements Tag {}

    public record RequestHeader(String name, String otherwise) implements Tag {}

    /// Operators as in access logs.
    public record Formatter(String value) implements Tag {}

    /// `tracing`: used where no Telemetry and no default provider says anything.
    ///
    /// @param tracer where spans go, empty for none
    /// @param maxPathTagLength bytes; 0: 256
    /// @param sampling percent
    public record Tracing(
            Optional<Tracer> tracer,
            Map<String, Tag> customTags,
            int maxPathTagLength,
            Optional<Double> sampling,
            Optional<Boolean> istioTags) {
        public Tracing {
            customTags = Map.copyOf(customTags);
        }
    }

    public sealed interface Tracer {}

    public record ZipkinTracer(String address) implements Tracer {}

    public record DatadogTracer(String address) implements Tracer {}

    /// Lightstep, Stackdriver, OpenCensus: no proxy speaks them any more.
    public record GoneTracer(String name) implements Tracer {}

    public enum Underscores {
        HEADERS_WITH_UNDERSCORES_UNSPECIFIED,
        HEADERS_WITH_UNDERSCORES_ALLOW,
        HEADERS_WITH_UNDERSCORES_REJECT_REQUEST,
        HEADERS_WITH_UNDERSCORES_DROP_HEADER
    }

    public enum EscapedSlashes {
        PATH_WITH_ESCAPED_SLASHES_UNSPECIFIED,
        KEEP_UNCHANGED,
        REJECT_REQUEST,
        UNESCAPE_AND_REDIRECT,
        UNESCAPE_AND_FORWARD
    }

    /// `connectionSettings`; sizes in bytes. Its profile, buffer limits and limits of connections
    /// are for gateways at the edge.
    public record Connections(
            Optional<Duration> idleTimeout,
            Optional<Duration> maxConnectionDuration,
            Optional<Duration> drainTimeout,
            Optional<Duration> requestTimeout,
            Optional<Duration> requestHeadersTimeout,
            Optional<Duration> streamIdleTimeout,
            Optional<Duration> maxStreamDuration,
            Optional<Integer> maxConcurrentStreams,
            Optional<Integer> streamWindow,
            Optional<Integer> connectionWindow,
            Underscores underscores,
            Optional<Boolean> mergeSlashes,
            EscapedSlashes escapedSlashes) {
        public static final Connections NONE =
                new Connections(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Underscores.HEADERS_WITH_UNDERSCORES_UNSPECIFIED,
                        Optional.empty(),
                        EscapedSlashes.PATH_WITH_ESCAPED_SLASHES_UNSPECIFIED);
    }

    /// Names of tracers that are gone.
    static final List<String> GONE = List.of("lightstep", "stackdriver", "openCensusAgent");
}
