package dev.ambit.control.l7.telemetry;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.ProxySettings;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.resource.observe.ExtensionProvider;
import dev.ambit.control.resource.observe.ExtensionProvider.DynatraceSampler;
import dev.ambit.control.resource.observe.ExtensionProvider.Enrichment;
import dev.ambit.control.resource.observe.ExtensionProvider.HttpReports;
import dev.ambit.control.resource.observe.ExtensionProvider.ReportHeader;
import dev.ambit.control.resource.observe.ExtensionProvider.TraceContext;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.config.core.v3.HttpService;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.trace.v3.DatadogConfig;
import io.envoyproxy.envoy.config.trace.v3.OpenTelemetryConfig;
import io.envoyproxy.envoy.config.trace.v3.SkyWalkingConfig;
import io.envoyproxy.envoy.config.trace.v3.ZipkinConfig;
import io.envoyproxy.envoy.extensions.tracers.opentelemetry.resource_detectors.v3.DynatraceResourceDetectorConfig;
import io.envoyproxy.envoy.extensions.tracers.opentelemetry.resource_detectors.v3.EnvironmentResourceDetectorConfig;
import io.envoyproxy.envoy.extensions.tracers.opentelemetry.samplers.v3.DynatraceSamplerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Where spans go, in each tracer's own configuration.
final class Tracers {
    private static final String PATH = "/api/v2/spans";
    private static final String DYNATRACE_PATH = "api/v2/samplingConfiguration";

    /// Envoy asks for one.
    private static final Duration ZIPKIN_TIMEOUT = Duration.ofSeconds(5);

    /// Numbers of fields that the library does not know yet.
    private static final int ZIPKIN_CONTEXT = 8;

    private static final int ZIPKIN_SERVICE = 9;

    private final WaypointScope scope;

    Tracers(WaypointScope scope) {
        this.scope = scope;
    }

    /// @param name of the tracer in Envoy
    /// @param maxTagLength bytes; 0: not said
    /// @param childSpans a span for each attempt too
    /// @param ownSampler the tracer decides itself what is kept
    record Tracer(
            String name,
            Message config,
            int maxTagLength,
            boolean childSpans,
            boolean ownSampler) {}

    /// Empty for what takes no spans, and for a service that is not there.
    Optional<Tracer> of(ExtensionProvider provider) {
        return switch (provider) {
            case ExtensionProvider.Zipkin zipkin ->
                    collector(zipkin.service())
                            .map(c ->
                                    new Tracer(
                                            "envoy.tracers.zipkin",
                                            zipkin(zipkin, c),
                                            zipkin.maxTagLength(),
                                            false,
                                            false));
            case ExtensionProvider.Datadog datadog ->
                    collector(datadog.service())
                            .map(c ->
                                    new Tracer(
                                            "envoy.tracers.datadog",
                                            DatadogConfig.newBuilder()
                                                    .setCollectorCluster(c.cluster())
                                                    .setServiceName(serviceCluster())
                                                    .setCollectorHostname(c.host())
                                                    .build(),
                                            datadog.maxTagLength(),
                                            false,
                                            false));
            case ExtensionProvider.SkyWalking skyWalking ->
                    collector(skyWalking.service())
                            .map(c ->
                                    new Tracer(
                                            "envoy.tracers.skywalking",
                                            SkyWalkingConfig.newBuilder()
                                                    .setGrpcService(grpc(c))
                                                    .build(),
                                            0,
                                            true,
                                            false));
            case ExtensionProvider.OpenTelemetry otel ->
                    collector(otel.service())
                            .flatMap(c -> openTelemetry(otel, c))
                            .map(config ->
                                    new Tracer(
                                            "envoy.tracers.opentelemetry",
                                            config,
                                            otel.maxTagLength(),
                                            false,
                                            otel.sampler().isPresent()));
            case ExtensionProvider.Lightstep _,
                    ExtensionProvider.Stackdriver _,
                    ExtensionProvider.OpenCensus _,
                    ExtensionProvider.EnvoyExtAuthzHttp _,
                    ExtensionProvider.EnvoyExtAuthzGrpc _,
                    ExtensionProvider.EnvoyFileAccessLog _,
                    ExtensionProvider.EnvoyHttpAls _,
                    ExtensionProvider.EnvoyTcpAls _,
                    ExtensionProvider.EnvoyOtelAls _,
                    ExtensionProvider.Prometheus _,
                    ExtensionProvider.Sds _ ->
                    Optional.empty();
        };
    }

    private Optional<Collector> collector(ExtensionProvider.Backend backend) {
        return Collector.find(scope.model().registry(), backend);
    }

    /// `--serviceCluster` of a waypoint's pod.
    private String serviceCluster() {
        return scope.node().serviceAccount() + "." + scope.node().namespace();
    }

    private ZipkinConfig zipkin(ExtensionProvider.Zipkin zipkin, Collector collector) {
        var endpoint = zipkin.path().isEmpty() ? PATH : zipkin.path();
        var config =
                ZipkinConfig.newBuilder()
                        .setCollectorEndpointVersion(
                                ZipkinConfig.CollectorEndpointVersion.HTTP_JSON)
                        // As istiod: the flag's name says the opposite of what it does there.
                        .setTraceId128Bit(!zipkin.wideTraceId())
                        .setSharedSpanContext(Protos.bool(false));
        var newer = UnknownFieldSet.newBuilder();
        if (ProxySettings.atLeast(scope.node(), 1, 29, 0)) {
            var service =
                    HttpService.newBuilder()
                            .setHttpUri(
                                    uri(
                                            "http://" + collector.host() + endpoint,
                                            collector.cluster(),
                                            Optional.of(zipkin.timeout().orElse(ZIPKIN_TIMEOUT))))
                            .addAllRequestHeadersToAdd(headers(zipkin.headers()));
            newer.addField(ZIPKIN_SERVICE, bytes(Protos.bytes(service.build())));
        } else {
            config.setCollectorCluster(collector.cluster())
                    .setCollectorEndpoint(endpoint)
                    .setCollectorHostname(collector.host());
        }
        if (zipkin.traceContext() == TraceContext.USE_B3_WITH_W3C_PROPAGATION
                && ProxySettings.atLeast(scope.node(), 1, 28, 0)) {
            newer.addField(
                    ZIPKIN_CONTEXT,
                    UnknownFieldSet.Field.newBuilder()
                            .addVarint(zipkin.traceContext().ordinal())
                            .build());
        }
        return config.setUnknownFields(newer.build()).build();
    }

    private static UnknownFieldSet.Field bytes(ByteString bytes) {
        return UnknownFieldSet.Field.newBuilder().addLengthDelimited(bytes).build();
    }

    private Optional<OpenTelemetryConfig> openTelemetry(
            ExtensionProvider.OpenTelemetry otel, Collector collector) {
        boolean enriched = otel.enrichment() == Enrichment.OTEL_SEMANTIC_CONVENTIONS;
        var config =
                OpenTelemetryConfig.newBuilder()
                        .setServiceName(
                                enriched ? SpanServices.name(scope.node()) : serviceCluster());
        var http = otel.http();
        if (http.isPresent()) {
            config.setHttpService(
                    http(join(collector.host(), http.get().path()), collector, http.get()));
        } else {
            var grpc = grpc(collector).toBuilder();
            otel.grpc()
                    .ifPresent(g -> {
                        g.timeout().ifPresent(t -> grpc.setTimeout(Protos.duration(t)));
                        g.metadata().forEach(h -> grpc.addInitialMetadata(header(h)));
                    });
            config.setGrpcService(grpc);
        }
        if (otel.environmentResource()) {
            config.addResourceDetectors(environmentDetector());
        }
        if (otel.dynatraceResource()) {
            config.addResourceDetectors(
                    extension(
                            "envoy.tracers.opentelemetry.resource_detectors.dynatrace",
                            DynatraceResourceDetectorConfig.getDefaultInstance()));
        }
        if (enriched && !otel.environmentResource()) {
            config.addResourceDetectors(environmentDetector());
        }
        if (otel.sampler().isEmpty()) {
            return Optional.of(config.build());
        }
        return sampler(otel.sampler().get(), http, collector)
                .map(s -> config.setSampler(s).build());
    }

    /// Without settings of its own it asks where spans are sent to, if that is by HTTP.
    private Optional<TypedExtensionConfig> sampler(
            DynatraceSampler sampler, Optional<HttpReports> spans, Collector collector) {
        var settings = sampler.service().isPresent() ? sampler.http() : spans;
        var to =
                sampler.service().isPresent()
                        ? collector(sampler.service().get())
                        : Optional.of(collector);
        if (settings.isEmpty() && sampler.service().isEmpty() || to.isEmpty()) {
            return Optional.empty();
        }
        var reports = settings.orElse(new HttpReports("", Optional.empty(), List.of()));
        var path = sampler.service().isPresent() ? reports.path() : DYNATRACE_PATH;
        return Optional.of(
                extension(
                        "envoy.tracers.opentelemetry.samplers.dynatrace",
                        DynatraceSamplerConfig.newBuilder()
                                .setTenant(sampler.tenant())
                                .setClusterId(sampler.clusterId())
                                .setRootSpansPerMinute(sampler.rootSpansPerMinute())
                                .setHttpService(
                                        http(join(to.get().host(), path), to.get(), reports))
                                .build()));
    }

    private static TypedExtensionConfig environmentDetector() {
        return extension(
                "envoy.tracers.opentelemetry.resource_detectors.environment",
                EnvironmentResourceDetectorConfig.getDefaultInstance());
    }

    private static TypedExtensionConfig extension(String name, Message config) {
        return TypedExtensionConfig.newBuilder()
                .setName(name)
                .setTypedConfig(Protos.any(config))
                .build();
    }

    private HttpService http(String uri, Collector collector, HttpReports reports) {
        return HttpService.newBuilder()
                .setHttpUri(uri(uri, collector.cluster(), reports.timeout()))
                .addAllRequestHeadersToAdd(headers(reports.headers()))
                .build();
    }

    private static HttpUri uri(String uri, String cluster, Optional<Duration> timeout) {
        var built = HttpUri.newBuilder().setUri(uri).setCluster(cluster);
        timeout.ifPresent(t -> built.setTimeout(Protos.duration(t)));
        return built.build();
    }

    /// As Go's `url.JoinPath`: one slash between the two.
    private static String join(String host, String path) {
        return path.isEmpty() ? host : host + "/" + path.replaceAll("^/+", "");
    }

    private L7Settings.Environment environment() {
        return scope.model().settings().environment();
    }

    private static GrpcService grpc(Collector collector) {
        return GrpcService.newBuilder()
                .setEnvoyGrpc(
                        GrpcService.EnvoyGrpc.newBuilder()
                                .setClusterName(collector.cluster())
                                .setAuthority(collector.host()))
                .build();
    }

    private List<HeaderValueOption> headers(List<ReportHeader> headers) {
        var list = new ArrayList<HeaderValueOption>();
        for (var header : headers) {
            list.add(
                    HeaderValueOption.newBuilder()
                            .setHeader(header(header))
                            .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                            .build());
        }
        return list;
    }

    private HeaderValue header(ReportHeader header) {
        return HeaderValue.newBuilder()
                .setKey(header.name())
                .setValue(
                        header.environment() ? environment().value(header.value()) : header.value())
                .build();
    }
}
