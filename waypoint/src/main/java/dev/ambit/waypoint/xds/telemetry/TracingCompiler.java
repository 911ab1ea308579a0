package dev.ambit.waypoint.xds.telemetry;

import com.google.protobuf.Any;
import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.telemetry.TelemetryRuntime;
import dev.ambit.waypoint.telemetry.export.Destination;
import dev.ambit.waypoint.telemetry.export.Envelope;
import dev.ambit.waypoint.telemetry.export.Exporter;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.trace.FinishedSpan;
import dev.ambit.waypoint.telemetry.trace.Sampling;
import dev.ambit.waypoint.telemetry.trace.SpanEncoder;
import dev.ambit.waypoint.telemetry.trace.SpanTags;
import dev.ambit.waypoint.telemetry.trace.TraceConfig;
import dev.ambit.waypoint.telemetry.trace.TraceConfig.Provider;
import dev.ambit.waypoint.telemetry.trace.Tracer;
import dev.ambit.waypoint.telemetry.trace.ZipkinJson;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.trace.v3.OpenTelemetryConfig;
import io.envoyproxy.envoy.config.trace.v3.ZipkinConfig;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing;
import io.envoyproxy.envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// `Tracing` of an HTTP connection manager.
final class TracingCompiler {
    private static final int SPANS = 64;
    private static final Duration DELAY = Duration.ofSeconds(5);
    private static final String ENVIRONMENT =
            "envoy.extensions.tracers.opentelemetry.resource_detectors.v3"
                    + ".EnvironmentResourceDetectorConfig";

    private final TelemetryRuntime runtime;

    TracingCompiler(TelemetryRuntime runtime) {
        this.runtime = runtime;
    }

    /// A provider, and where its spans go.
    private record Collector(Provider provider, Consumer<FinishedSpan> report) {}

    Optional<Tracer> compile(
            CompileScope scope, HttpConnectionManager manager, FormatContext context)
            throws Refused {
        if (!manager.hasTracing()) {
            return Optional.empty();
        }
        var tracing = manager.getTracing();
        try {
            return Optional.of(tracer(scope, manager, tracing, context));
        } catch (Refused inside) {
            throw inside.in("tracing");
        }
    }

    private Tracer tracer(
            CompileScope scope,
            HttpConnectionManager manager,
            Tracing tracing,
            FormatContext context)
            throws Refused {
        if (tracing.hasSpawnUpstreamSpan() && tracing.getSpawnUpstreamSpan().getValue()) {
            scope.skipped("tracing.spawn_upstream_span: spans of attempts");
        }
        var collector = collector(scope, tracing);
        var config =
                new TraceConfig(
                        collector.provider,
                        sampling(manager, tracing),
                        TagCompiler.compile(scope, tracing.getCustomTagsList(), context),
                        tracing.hasMaxPathTagLength()
                                ? Math.max(0, tracing.getMaxPathTagLength().getValue())
                                : TraceConfig.DEFAULT_MAX_PATH_TAG,
                        tracing.getVerbose(),
                        !Fields.noContextPropagation(tracing));
        var node = runtime.node();
        return new Tracer(
                config,
                new SpanTags(node.id(), node.place(), runtime.limits().tagValueBytes()),
                runtime.random(),
                collector.report);
    }

    private static Sampling sampling(HttpConnectionManager manager, Tracing tracing)
            throws Refused {
        boolean byRequestId = true;
        boolean packed = true;
        if (manager.hasRequestIdExtension()) {
            var extension =
                    CompileScope.unpack(
                            "request_id_extension",
                            manager.getRequestIdExtension().getTypedConfig(),
                            UuidRequestIdConfig.parser());
            byRequestId =
                    !extension.hasUseRequestIdForTraceSampling()
                            || extension.getUseRequestIdForTraceSampling().getValue();
            packed = !extension.hasPackTraceReason() || extension.getPackTraceReason().getValue();
        }
        return new Sampling(
                share(tracing.hasClientSampling(), tracing.getClientSampling().getValue()),
                share(tracing.hasRandomSampling(), tracing.getRandomSampling().getValue()),
                share(tracing.hasOverallSampling(), tracing.getOverallSampling().getValue()),
                byRequestId,
                packed);
    }

    private static Fraction share(boolean set, double percent) {
        return set ? Sampling.percent(percent) : Fraction.ALL;
    }

    private Collector collector(CompileScope scope, Tracing tracing) throws Refused {
        if (!tracing.hasProvider()) {
            return new Collector(new Provider.None(), _ -> {});
        }
        var config = tracing.getProvider().getTypedConfig();
        var type = CompileScope.type(config);
        return switch (type) {
            case "envoy.config.trace.v3.ZipkinConfig" ->
                    zipkin(CompileScope.unpack("provider", config, ZipkinConfig.parser()));
            case "envoy.config.trace.v3.OpenTelemetryConfig" ->
                    otlp(
                            scope,
                            CompileScope.unpack("provider", config, OpenTelemetryConfig.parser()));
            default -> {
                scope.skipped("tracing.provider: " + type);
                yield new Collector(new Provider.None(), _ -> {});
            }
        };
    }

    private Collector zipkin(ZipkinConfig config) throws Refused {
        var service = Fields.collectorService(config);
        Destination destination;
        if (service.isPresent()) {
            destination = Destinations.http(service.get(), "application/json", runtime.limits());
        } else if (config.getCollectorCluster().isEmpty()) {
            throw new Refused(
                    "provider", "neither collector_service nor collector_cluster", "one of them");
        } else {
            destination =
                    new Destination.Http(
                            config.getCollectorCluster(),
                            config.getCollectorHostname().isEmpty()
                                    ? config.getCollectorCluster()
                                    : config.getCollectorHostname(),
                            config.getCollectorEndpoint(),
                            "application/json",
                            Map.of(),
                            runtime.limits().exportTimeout());
        }
        // Zipkin's JSON for HTTP_PROTO too: every collector takes both.
        boolean shared = !config.hasSharedSpanContext() || config.getSharedSpanContext().getValue();
        var json = new ZipkinJson(runtime.node().cluster(), runtime.node().address(), shared);
        return new Collector(
                new Provider.Zipkin(config.getTraceId128Bit(), Fields.w3c(config), shared),
                report(destination, config, json, json));
    }

    private Collector otlp(CompileScope scope, OpenTelemetryConfig config) throws Refused {
        if (config.hasSampler()) {
            scope.skipped(
                    "tracing.provider.sampler: "
                            + CompileScope.type(config.getSampler().getTypedConfig()));
        }
        Optional<Destination> destination =
                config.hasHttpService()
                        ? Optional.of(
                                Destinations.http(
                                        config.getHttpService(),
                                        Otlp.CONTENT_TYPE,
                                        runtime.limits()))
                        : Destinations.grpc(
                                scope,
                                "tracing.provider",
                                config.getGrpcService(),
                                Otlp.TRACE_METHOD,
                                false,
                                runtime.limits());
        if (destination.isEmpty()) {
            return new Collector(new Provider.Otlp(), _ -> {});
        }
        var spans = new Otlp.Spans(resource(scope, config), runtime.node().version());
        return new Collector(new Provider.Otlp(), report(destination.get(), config, spans, spans));
    }

    private Map<String, String> resource(CompileScope scope, OpenTelemetryConfig config) {
        var attributes = new LinkedHashMap<String, String>();
        attributes.put(
                "service.name",
                config.getServiceName().isEmpty()
                        ? "unknown_service:envoy"
                        : config.getServiceName());
        attributes.put("telemetry.sdk.language", "java");
        attributes.put("telemetry.sdk.name", "ambit");
        attributes.put("telemetry.sdk.version", runtime.node().version());
        for (var detector : config.getResourceDetectorsList()) {
            detect(scope, detector.getTypedConfig(), attributes);
        }
        return attributes;
    }

    private void detect(CompileScope scope, Any detector, Map<String, String> attributes) {
        if (!CompileScope.type(detector).equals(ENVIRONMENT)) {
            scope.skipped("tracing.provider.resource_detectors: " + CompileScope.type(detector));
            return;
        }
        var given = runtime.process().environment().apply("OTEL_RESOURCE_ATTRIBUTES");
        if (given == null) {
            return;
        }
        for (var pair : given.split(",", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                attributes.put(
                        pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
            }
        }
    }

    private Consumer<FinishedSpan> report(
            Destination destination, Object config, SpanEncoder encoder, Envelope envelope) {
        var limits = runtime.limits();
        var exporter =
                runtime.exporters()
                        .get(
                                new Key(destination, config),
                                destination,
                                envelope,
                                new Exporter.Batching(8 * limits.batchBytes(), SPANS, DELAY));
        return span -> exporter.offer(encoder.encode(span));
    }

    /// What makes a collector the same.
    private record Key(Destination destination, Object config) {}
}
