package dev.ambit.control.resource.observe;

import com.google.protobuf.Struct;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An entry of `extensionProviders`: something outside the proxy that policies and telemetry name.
public sealed interface ExtensionProvider {
    String name();

    /// Where it is called; empty for what is not a service.
    Optional<Backend> backend();

    /// @param namespace of the service, empty when it is not said: any
    /// @param host as the registry knows it
    record Backend(String namespace, String host, int port) {}

    /// The body that an authorization service is shown.
    ///
    /// @param maxBytes the most of it
    record RequestBody(int maxBytes, boolean allowPartial, boolean packAsBytes) {}

    /// @param statusOnError what a client gets when the service can't be asked, empty: 403
    record EnvoyExtAuthzHttp(
            String name,
            Backend service,
            Optional<Duration> timeout,
            String pathPrefix,
            boolean failOpen,
            boolean clearRouteCache,
            String statusOnError,
            List<String> includeRequestHeaders,
            Map<String, String> includeAdditionalHeaders,
            Optional<RequestBody> body,
            List<String> headersToUpstreamOnAllow,
            List<String> headersToDownstreamOnDeny,
            List<String> headersToDownstreamOnAllow)
            implements ExtensionProvider {
        public EnvoyExtAuthzHttp {
            includeRequestHeaders = List.copyOf(includeRequestHeaders);
            includeAdditionalHeaders = Map.copyOf(includeAdditionalHeaders);
            headersToUpstreamOnAllow = List.copyOf(headersToUpstreamOnAllow);
            headersToDownstreamOnDeny = List.copyOf(headersToDownstreamOnDeny);
            headersToDownstreamOnAllow = List.copyOf(headersToDownstreamOnAllow);
        }

        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }

    /// @param statusOnError what a client gets when the service can't be asked, empty: 403
    record EnvoyExtAuthzGrpc(
            String name,
            Backend service,
            Optional<Duration> timeout,
            boolean failOpen,
            boolean clearRouteCache,
            String statusOnError,
            Optional<RequestBody> body)
            implements ExtensionProvider {
        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }

    /// What is sent with each report.
    ///
    /// @param environment the value is that of a variable of control's environment
    record ReportHeader(String name, String value, boolean environment) {}

    /// @param maxTagLength of paths in spans, bytes; 0: 256
    record Zipkin(
            String name,
            Backend service,
            int maxTagLength,
            boolean wideTraceId,
            String path,
            TraceContext traceContext,
            Optional<Duration> timeout,
            List<ReportHeader> headers)
            implements ExtensionProvider {
        public Zipkin {
            headers = List.copyOf(headers);
        }

        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }

    /// Which headers carry the context of a trace.
    enum TraceContext {
        USE_B3,
        USE_B3_WITH_W3C_PROPAGATION
    }

    /// No proxy speaks it any more; read so that a mesh configuration with it is not refused.
    record Lightstep(String name, Backend service) implements ExtensionProvider {
        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }

    record Datadog(String name, Backend service, int maxTagLength) implements ExtensionProvider {
        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }

    /// No proxy speaks it any more; read so that a mesh configuration with it is not refused.
    record Stackdriver(String name) implements ExtensionProvider {
        @Override
        public Optional<Backend> backend() {
            return Optional.empty();
        }
    }

    /// No proxy speaks it any more; read so that a mesh configuration with it is not refused.
    record OpenCensus(String name, Backend service) implements ExtensionProvider {
        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }

    record SkyWalking(String name, Backend service, String accessToken)
            implements ExtensionProvider {
        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }

    /// A collector that takes spans over HTTP.
    record HttpReports(String path, Optional<Duration> timeout, List<ReportHeader> headers) {
        public HttpReports {
            headers = List.copyOf(headers);
        }
    }

    /// A collector that takes spans over gRPC.
    record GrpcReports(Optional<Duration> timeout, List<ReportHeader> metadata) {
        public GrpcReports {
            metadata = List.copyOf(metadata);
        }
    }

    /// How the service is named in spans.
    enum Enrichment {
        ISTIO_CANONICAL,
        OTEL_SEMANTIC_CONVENTIONS
    }

    /// Asks Dynatrace how many spans to keep.
    record DynatraceSampler(
            String tenant,
            int clusterId,
            int rootSpansPerMinute,
            Optional<Backend> service,
            Optional<HttpReports> http) {}

    /// @param http absent: gRPC
    /// @param environmentResource attributes come from the proxy's environment too
    /// @param dynatraceResource attributes come from Dynatrace's files too
    record OpenTelemetry(
            String name,
            Backend service,
            int maxTagLength,
            Optional<HttpReports> http,
            Optional<GrpcReports> grpc,
            boolean environmentResource,
            boolean dynatraceResource,
            Enrichment enrichment,
            Optional<DynatraceSampler> sampler)
            implements ExtensionProvider {
        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }

    /// The proxy's own metrics.
    record Prometheus(String name) implements ExtensionProvider {
        @Override
        public Optional<Backend> backend() {
            return Optional.empty();
        }
    }

    /// A line of text, or a JSON object whose values are such texts.
    record LogFormat(Optional<String> text, Optional<Struct> labels) {
        public static final LogFormat NONE = new LogFormat(Optional.empty(), Optional.empty());
    }

    /// @param path of a file, for example `/dev/stdout`
    record EnvoyFileAccessLog(String name, String path, LogFormat format, boolean omitEmptyValues)
            implements ExtensionProvider {
        @Override
        public Optional<Backend> backend() {
            return Optional.empty();
        }
    }

    record EnvoyHttpAls(
            String name,
            Backend service,
            String logName,
            List<String> filterStateObjects,
            List<String> requestHeaders,
            List<String> responseHeaders,
            List<String> responseTrailers)
            implements ExtensionProvider {
        public EnvoyHttpAls {
            filterStateObjects = List.copyOf(filterStateObjects);
            requestHeaders = List.copyOf(requestHeaders);
            responseHeaders = List.copyOf(responseHeaders);
            responseTrailers = List.copyOf(responseTrailers);
        }

        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }

    record EnvoyTcpAls(
            String name, Backend service, String logName, List<String> filterStateObjects)
            implements ExtensionProvider {
        public EnvoyTcpAls {
            filterStateObjects = List.copyOf(filterStateObjects);
        }

        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }

    record EnvoyOtelAls(String name, Backend service, String logName, LogFormat format)
            implements ExtensionProvider {
        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }

    /// Who holds certificates that `sds://` names.
    record Sds(String name, String provider, Backend service) implements ExtensionProvider {
        @Override
        public Optional<Backend> backend() {
            return Optional.of(service);
        }
    }
}
