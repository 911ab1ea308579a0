package dev.ambit.control.l7.telemetry;

import com.google.protobuf.Message;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.resource.observe.ExtensionProvider;
import dev.ambit.control.resource.observe.ExtensionProvider.LogFormat;
import dev.ambit.control.resource.observe.MeshObserve;
import dev.ambit.control.resource.observe.Telemetry;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.envoyproxy.envoy.config.accesslog.v3.AndFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ComparisonFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ExtensionFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ResponseFlagFilter;
import io.envoyproxy.envoy.config.accesslog.v3.StatusCodeFilter;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.RuntimeUInt32;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// Who writes down what passed, in the parts of a proxy where that is asked for.
public final class AccessLogs {
    private static final String FILE = "envoy.access_loggers.file";
    private static final String HTTP_GRPC = "envoy.access_loggers.http_grpc";
    private static final String TCP_GRPC = "envoy.tcp_grpc_access_log";
    private static final String OTEL = "envoy.access_loggers.open_telemetry";
    private static final String BUILT_IN = "envoy";
    private static final String STDOUT = "/dev/stdout";

    /// A cluster of the proxy's own start configuration (`envoyAccessLogService`).
    private static final String SERVICE_CLUSTER = "envoy_accesslog_service";

    private static final List<String> PEERS = List.of("upstream_peer", "downstream_peer");
    private static final List<String> PEERS_ALL =
            List.of(
                    "upstream_peer",
                    "downstream_peer",
                    "wasm.upstream_peer",
                    "wasm.upstream_peer_id",
                    "wasm.downstream_peer",
                    "wasm.downstream_peer_id");

    private static final int FAILED = 400;

    private final MeshObserve mesh;
    private final List<Logger> loggers;
    private final boolean said;

    /// Where it is written from.
    public enum Place {
        /// Every request of a chain.
        HTTP,
        /// Every connection of a chain.
        TCP,
        /// Connections that no chain took.
        LISTENER,
        /// Tunnels that were refused.
        TERMINATE,
        /// Tunnels that could not be opened.
        ORIGINATE,
        /// Connections passed on as they are, if they could not be.
        FORWARD
    }

    private record Logger(AccessLog log, Optional<AccessLogFilter> filter) {}

    private AccessLogs(MeshObserve mesh, List<Logger> loggers, boolean said) {
        this.mesh = mesh;
        this.loggers = List.copyOf(loggers);
        this.said = said;
    }

    static AccessLogs of(List<Telemetry> levels, MeshObserve mesh, Registry registry) {
        var plans = LogPlan.of(levels, mesh);
        var found = new ArrayList<Logger>();
        boolean any = false;
        if (plans.isPresent()) {
            var byName =
                    new TreeMap<ExtensionProvider, LogPlan>(
                            Comparator.comparing(ExtensionProvider::name));
            plans.get()
                    .forEach((name, plan) ->
                            mesh.provider(name).ifPresent(p -> byName.put(p, plan)));
            for (var entry : byName.entrySet()) {
                var log = log(entry.getKey(), mesh, registry);
                any |= log.isPresent();
                if (log.isPresent() && !entry.getValue().disabled()) {
                    found.add(
                            new Logger(log.get(), entry.getValue().filter().map(AccessLogs::cel)));
                }
            }
        }
        return new AccessLogs(mesh, found, any);
    }

    /// In the order of the providers' names.
    public List<AccessLog> at(Place place) {
        if (place == Place.LISTENER && !mesh.listenerLog()) {
            return List.of();
        }
        return said ? fromTelemetry(place) : fromMesh(place);
    }

    private List<AccessLog> fromTelemetry(Place place) {
        var logs = new ArrayList<AccessLog>();
        for (var logger : loggers) {
            var filters = new ArrayList<AccessLogFilter>();
            filter(place).ifPresent(filters::add);
            logger.filter().ifPresent(filters::add);
            var log = logger.log().toBuilder();
            if (filters.size() == 1) {
                log.setFilter(filters.getFirst());
            } else if (!filters.isEmpty()) {
                log.setFilter(
                        AccessLogFilter.newBuilder()
                                .setAndFilter(AndFilter.newBuilder().addAllFilters(filters)));
            }
            logs.add(log.build());
        }
        return logs;
    }

    private List<AccessLog> fromMesh(Place place) {
        var logs = new ArrayList<AccessLog>();
        if (!mesh.accessLogFile().isEmpty()) {
            var log = fromMesh(mesh.accessLogFile(), mesh).toBuilder();
            // As istiod: there everything is written that passes on to another gateway.
            if (place != Place.FORWARD) {
                filter(place).ifPresent(log::setFilter);
            }
            logs.add(log.build());
        }
        if (mesh.accessLogService()) {
            switch (place) {
                case HTTP -> logs.add(httpService());
                case TCP, FORWARD -> logs.add(tcpService("tcp_envoy_accesslog").build());
                case LISTENER ->
                        logs.add(
                                tcpService("listener_envoy_accesslog")
                                        .setFilter(flag("NR"))
                                        .build());
                case TERMINATE, ORIGINATE -> {}
            }
        }
        return logs;
    }

    private static Optional<AccessLogFilter> filter(Place place) {
        return switch (place) {
            case HTTP, TCP -> Optional.empty();
            case LISTENER -> Optional.of(flag("NR"));
            case ORIGINATE, FORWARD -> Optional.of(flag("UF"));
            case TERMINATE -> Optional.of(failed());
        };
    }

    private static AccessLogFilter flag(String flag) {
        return AccessLogFilter.newBuilder()
                .setResponseFlagFilter(ResponseFlagFilter.newBuilder().addFlags(flag))
                .build();
    }

    private static AccessLogFilter failed() {
        // The key is asked for by the API; nobody sets it.
        var value =
                RuntimeUInt32.newBuilder().setDefaultValue(FAILED).setRuntimeKey("istio.io/unset");
        return AccessLogFilter.newBuilder()
                .setStatusCodeFilter(
                        StatusCodeFilter.newBuilder()
                                .setComparison(
                                        ComparisonFilter.newBuilder()
                                                .setOp(ComparisonFilter.Op.GE)
                                                .setValue(value)))
                .build();
    }

    private static AccessLogFilter cel(String expression) {
        return AccessLogFilter.newBuilder()
                .setExtensionFilter(
                        ExtensionFilter.newBuilder()
                                .setName("envoy.access_loggers.extension_filters.cel")
                                .setTypedConfig(
                                        Protos.any(
                                                ExpressionFilter.newBuilder()
                                                        .setExpression(expression)
                                                        .build())))
                .build();
    }

    /// Empty for what writes no access log, and for a service that is not there.
    private static Optional<AccessLog> log(
            ExtensionProvider provider, MeshObserve mesh, Registry registry) {
        return switch (provider) {
            case ExtensionProvider.EnvoyFileAccessLog file -> Optional.of(file(file, mesh));
            case ExtensionProvider.EnvoyHttpAls als ->
                    Collector.find(registry, als.service()).map(c -> http(als, c));
            case ExtensionProvider.EnvoyTcpAls als ->
                    Collector.find(registry, als.service()).map(c -> tcp(als, c));
            case ExtensionProvider.EnvoyOtelAls als ->
                    Collector.find(registry, als.service()).map(c -> otel(als, c));
            case ExtensionProvider.EnvoyExtAuthzHttp _,
                    ExtensionProvider.EnvoyExtAuthzGrpc _,
                    ExtensionProvider.Zipkin _,
                    ExtensionProvider.Lightstep _,
                    ExtensionProvider.Datadog _,
                    ExtensionProvider.Stackdriver _,
                    ExtensionProvider.OpenCensus _,
                    ExtensionProvider.SkyWalking _,
                    ExtensionProvider.OpenTelemetry _,
                    ExtensionProvider.Prometheus _,
                    ExtensionProvider.Sds _ ->
                    Optional.empty();
        };
    }

    private static AccessLog file(ExtensionProvider.EnvoyFileAccessLog file, MeshObserve mesh) {
        if (file.name().equals(BUILT_IN)
                && file.format().equals(LogFormat.NONE)
                && !file.omitEmptyValues()) {
            return fromMesh(file.path(), mesh);
        }
        return named(
                FILE,
                FileAccessLog.newBuilder()
                        .setPath(file.path().isEmpty() ? STDOUT : file.path())
                        .setLogFormat(LogFormats.of(file.format(), file.omitEmptyValues()))
                        .build());
    }

    private static AccessLog fromMesh(String path, MeshObserve mesh) {
        return named(
                FILE,
                FileAccessLog.newBuilder().setPath(path).setLogFormat(LogFormats.of(mesh)).build());
    }

    private static AccessLog http(ExtensionProvider.EnvoyHttpAls als, Collector collector) {
        var names = als.filterStateObjects().isEmpty() ? PEERS : als.filterStateObjects();
        return named(
                HTTP_GRPC,
                HttpGrpcAccessLogConfig.newBuilder()
                        .setCommonConfig(
                                common(or(als.logName(), "http_envoy_accesslog"), collector, names))
                        .addAllAdditionalRequestHeadersToLog(als.requestHeaders())
                        .addAllAdditionalResponseHeadersToLog(als.responseHeaders())
                        .addAllAdditionalResponseTrailersToLog(als.responseTrailers())
                        .build());
    }

    private static AccessLog tcp(ExtensionProvider.EnvoyTcpAls als, Collector collector) {
        var names = als.filterStateObjects().isEmpty() ? PEERS : als.filterStateObjects();
        return named(
                TCP_GRPC,
                TcpGrpcAccessLogConfig.newBuilder()
                        .setCommonConfig(
                                common(or(als.logName(), "tcp_envoy_accesslog"), collector, names))
                        .build());
    }

    private static AccessLog otel(ExtensionProvider.EnvoyOtelAls als, Collector collector) {
        var text = als.format().text().filter(t -> !t.isEmpty()).orElse(LogFormats.TEXT);
        var labels = als.format().labels().orElse(com.google.protobuf.Struct.getDefaultInstance());
        var config =
                OpenTelemetryAccessLogConfig.newBuilder()
                        .setCommonConfig(
                                common(
                                        or(als.logName(), "otel_envoy_accesslog"),
                                        collector,
                                        PEERS_ALL))
                        .setDisableBuiltinLabels(true)
                        .setBody(AnyValue.newBuilder().setStringValue(text))
                        .addAllFormatters(LogFormats.formatters(text, labels));
        if (labels.getFieldsCount() > 0) {
            var attributes = KeyValueList.newBuilder();
            new TreeMap<>(labels.getFieldsMap())
                    .forEach((key, value) ->
                            attributes.addValues(
                                    KeyValue.newBuilder()
                                            .setKey(key)
                                            .setValue(
                                                    AnyValue.newBuilder()
                                                            .setStringValue(
                                                                    value.getStringValue()))));
            config.setAttributes(attributes);
        }
        return named(OTEL, config.build());
    }

    private static AccessLog httpService() {
        return named(
                HTTP_GRPC,
                HttpGrpcAccessLogConfig.newBuilder()
                        .setCommonConfig(
                                common(
                                        "http_envoy_accesslog",
                                        new Collector("", SERVICE_CLUSTER),
                                        PEERS_ALL))
                        .build());
    }

    private static AccessLog.Builder tcpService(String name) {
        return named(
                TCP_GRPC,
                TcpGrpcAccessLogConfig.newBuilder()
                        .setCommonConfig(
                                common(name, new Collector("", SERVICE_CLUSTER), PEERS_ALL))
                        .build())
                .toBuilder();
    }

    private static CommonGrpcAccessLogConfig common(
            String name, Collector collector, List<String> filterState) {
        return CommonGrpcAccessLogConfig.newBuilder()
                .setLogName(name)
                .setGrpcService(
                        GrpcService.newBuilder()
                                .setEnvoyGrpc(
                                        GrpcService.EnvoyGrpc.newBuilder()
                                                .setClusterName(collector.cluster())
                                                .setAuthority(collector.host())))
                .setTransportApiVersion(ApiVersion.V3)
                .addAllFilterStateObjectsToLog(filterState)
                .build();
    }

    private static AccessLog named(String name, Message config) {
        return AccessLog.newBuilder().setName(name).setTypedConfig(Protos.any(config)).build();
    }

    private static String or(String value, String otherwise) {
        return value.isEmpty() ? otherwise : value;
    }
}
