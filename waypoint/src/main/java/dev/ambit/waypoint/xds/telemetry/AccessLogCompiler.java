package dev.ambit.waypoint.xds.telemetry;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.telemetry.TelemetryRuntime;
import dev.ambit.waypoint.telemetry.export.Destination;
import dev.ambit.waypoint.telemetry.export.Exporter;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.log.AccessLog;
import dev.ambit.waypoint.telemetry.log.LineSink;
import dev.ambit.waypoint.telemetry.log.LogFilter;
import dev.ambit.waypoint.telemetry.log.LogSink;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StderrAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `AccessLog`s of a chain. A kind that is not known is left out and told: what is not logged lets
/// nobody through.
final class AccessLogCompiler {
    private static final String ALS =
            "envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";

    private final TelemetryRuntime runtime;

    AccessLogCompiler(TelemetryRuntime runtime) {
        this.runtime = runtime;
    }

    List<AccessLog> compile(
            CompileScope scope,
            List<io.envoyproxy.envoy.config.accesslog.v3.AccessLog> logs,
            FormatContext context)
            throws Refused {
        var all = new ArrayList<AccessLog>();
        for (var log : logs) {
            try {
                var sink = sink(scope, log.getName(), log.getTypedConfig(), context);
                if (sink.isPresent()) {
                    var filter =
                            log.hasFilter()
                                    ? new LogFilterCompiler(context).compile(log.getFilter())
                                    : new LogFilter.All();
                    all.add(new AccessLog(filter, sink.get()));
                }
            } catch (Refused inside) {
                throw inside.in("access_log[" + log.getName() + "]");
            }
        }
        return List.copyOf(all);
    }

    private Optional<LogSink> sink(
            CompileScope scope, String name, Any config, FormatContext context) throws Refused {
        var type = CompileScope.type(config);
        return switch (type) {
            case "envoy.extensions.access_loggers.file.v3.FileAccessLog" ->
                    Optional.of(
                            file(
                                    CompileScope.unpack(
                                            "typed_config", config, FileAccessLog.parser()),
                                    context));
            case "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog" -> {
                var log = CompileScope.unpack("typed_config", config, StdoutAccessLog.parser());
                yield Optional.of(lines("/dev/stdout", Formats.line(log.getLogFormat(), context)));
            }
            case "envoy.extensions.access_loggers.stream.v3.StderrAccessLog" -> {
                var log = CompileScope.unpack("typed_config", config, StderrAccessLog.parser());
                yield Optional.of(lines("/dev/stderr", Formats.line(log.getLogFormat(), context)));
            }
            case "envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig" ->
                    http(
                            scope,
                            CompileScope.unpack(
                                    "typed_config", config, HttpGrpcAccessLogConfig.parser()),
                            context);
            case "envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig" ->
                    tcp(
                            scope,
                            CompileScope.unpack(
                                    "typed_config", config, TcpGrpcAccessLogConfig.parser()),
                            context);
            case "envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig" ->
                    otlp(
                            scope,
                            CompileScope.unpack(
                                    "typed_config", config, OpenTelemetryAccessLogConfig.parser()),
                            context);
            default -> {
                scope.skipped("access_log[" + name + "]: " + type);
                yield Optional.empty();
            }
        };
    }

    private LogSink lines(String path, LineSink.Line line) {
        return new LineSink(line, runtime.files().file(path));
    }

    /// The older ways to say a format are still said.
    @SuppressWarnings("deprecation")
    private LogSink file(FileAccessLog log, FormatContext context) throws Refused {
        if (log.getPath().isEmpty()) {
            throw new Refused("path", "nothing", "the path of a file, as /dev/stdout");
        }
        var line =
                switch (log.getAccessLogFormatCase()) {
                    case FORMAT -> Formats.text(log.getFormat(), context, false);
                    case JSON_FORMAT ->
                            Formats.json(Plain.map(log.getJsonFormat()), context, false);
                    case TYPED_JSON_FORMAT ->
                            Formats.json(Plain.map(log.getTypedJsonFormat()), context, false);
                    case LOG_FORMAT -> Formats.line(log.getLogFormat(), context);
                    case ACCESSLOGFORMAT_NOT_SET -> Formats.text(Formats.DEFAULT, context, false);
                };
        return lines(log.getPath(), line);
    }

    // ---- Envoy's access log service

    private Optional<LogSink> http(
            CompileScope scope, HttpGrpcAccessLogConfig config, FormatContext context)
            throws Refused {
        var common = config.getCommonConfig();
        var entries =
                new AlsEntries(
                        common.getFilterStateObjectsToLogList(),
                        TagCompiler.compile(scope, common.getCustomTagsList(), context),
                        lower(config.getAdditionalRequestHeadersToLogList()),
                        lower(config.getAdditionalResponseHeadersToLogList()),
                        lower(config.getAdditionalResponseTrailersToLogList()));
        return als(scope, common, false).map(to -> info -> to.offer(entries.http(info)));
    }

    private Optional<LogSink> tcp(
            CompileScope scope, TcpGrpcAccessLogConfig config, FormatContext context)
            throws Refused {
        var common = config.getCommonConfig();
        var entries =
                new AlsEntries(
                        common.getFilterStateObjectsToLogList(),
                        TagCompiler.compile(scope, common.getCustomTagsList(), context),
                        List.of(),
                        List.of(),
                        List.of());
        return als(scope, common, true).map(to -> info -> to.offer(entries.tcp(info)));
    }

    private static List<String> lower(List<String> names) {
        return names.stream().map(Ascii::lower).toList();
    }

    private Optional<Exporter> als(
            CompileScope scope, CommonGrpcAccessLogConfig common, boolean tcp) {
        return Destinations.grpc(
                        scope,
                        "common_config",
                        common.getGrpcService(),
                        ALS,
                        true,
                        runtime.limits())
                .map(destination ->
                        runtime.exporters()
                                .get(
                                        new Key(destination, common, tcp),
                                        destination,
                                        new AlsEnvelope(runtime.node(), common.getLogName(), tcp),
                                        batching(common)));
    }

    /// What makes a collector the same.
    private record Key(Object destination, Message config, boolean tcp) {}

    private Exporter.Batching batching(CommonGrpcAccessLogConfig common) {
        var limits = runtime.limits();
        // Envoy: 0 sends every entry by itself.
        int bytes =
                common.hasBufferSizeBytes()
                        ? Math.clamp(common.getBufferSizeBytes().getValue(), 1, 1 << 20)
                        : limits.batchBytes();
        var delay =
                common.hasBufferFlushInterval()
                        ? Plain.duration(common.getBufferFlushInterval())
                        : limits.batchDelay();
        return new Exporter.Batching(
                bytes,
                limits.batchEntries(),
                delay.isNegative() || delay.isZero() ? Duration.ofMillis(1) : delay);
    }

    // ---- OpenTelemetry

    private Optional<LogSink> otlp(
            CompileScope scope, OpenTelemetryAccessLogConfig config, FormatContext context)
            throws Refused {
        var common = Fields.common(config);
        var labels = new LinkedHashMap<String, String>();
        if (!config.getDisableBuiltinLabels()) {
            labels.put("log_name", common.getLogName());
            labels.put("zone_name", runtime.node().zone());
            labels.put("cluster_name", runtime.node().cluster());
            labels.put("node_name", runtime.node().id());
        }
        var records =
                OtlpLogs.compile(
                        config.getBody(),
                        config.getAttributes(),
                        common.getFilterStateObjectsToLogList(),
                        TagCompiler.compile(scope, common.getCustomTagsList(), context),
                        Map.copyOf(labels),
                        config.getResourceAttributes(),
                        context);
        var http = Fields.httpService(config);
        Optional<Destination> to =
                http.isPresent()
                        ? Optional.of(
                                Destinations.http(http.get(), Otlp.CONTENT_TYPE, runtime.limits()))
                        : Destinations.grpc(
                                scope,
                                "common_config",
                                common.getGrpcService(),
                                Otlp.LOGS_METHOD,
                                false,
                                runtime.limits());
        return to.map(destination ->
                        runtime.exporters()
                                .get(
                                        new Key(destination, config, false),
                                        destination,
                                        records,
                                        batching(common)))
                .map(exporter -> info -> exporter.offer(records.encode(info)));
    }
}
