package dev.ambit.waypoint.xds.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import dev.ambit.envoy.proto.stats.MetricConfig;
import dev.ambit.envoy.proto.stats.PluginConfig;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.telemetry.Exchanges;
import dev.ambit.waypoint.upstream.call.OneHost;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.core.v3.HttpService;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.trace.v3.DatadogConfig;
import io.envoyproxy.envoy.config.trace.v3.Tracing;
import io.envoyproxy.envoy.config.trace.v3.ZipkinConfig;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.wasm.v3.WasmAccessLog;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage;
import io.netty.channel.embedded.EmbeddedChannel;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TelemetryCompilerTest {
    private static final FilterChain CHAIN = FilterChain.newBuilder().setName("chain").build();

    private final Runtimes runtimes = new Runtimes();
    private final CompileScope scope = new CompileScope();

    @AfterEach
    void close() {
        runtimes.close();
    }

    private static AccessLog log(Message config) {
        return AccessLog.newBuilder().setName("log").setTypedConfig(Any.pack(config)).build();
    }

    private static StreamInfo exchange() {
        var info = new StreamInfo(Exchanges.connection("10.0.0.1:7", 1), 1_000_000, 1_000);
        info.request = Exchanges.request("GET", "h", "/p");
        info.endNanos = info.startNanos + 3_000_000;
        return info;
    }

    @Test
    void file_withoutFormat_hasEnvoysDefault() throws Refused {
        var manager =
                HttpConnectionManager.newBuilder()
                        .addAccessLog(log(FileAccessLog.newBuilder().setPath("f").build()))
                        .build();
        runtimes.compiler.http(scope, CHAIN, manager).onEnd(exchange());
        assertThat(runtimes.lines("f"))
                .isEqualTo(
                        "[1970-01-01T00:00:01.000Z] \"GET /p -\" 0 - 0 0 3 - \"-\" \"-\" \"-\""
                                + " \"h\" \"-\"\n");
    }

    @Test
    void format_broken_refusesTheChain() {
        var broken = FileAccessLog.newBuilder().setPath("f");
        broken.getLogFormatBuilder().getTextFormatSourceBuilder().setInlineString("%NOPE%");
        var manager = HttpConnectionManager.newBuilder().addAccessLog(log(broken.build())).build();
        assertThatThrownBy(() -> runtimes.compiler.http(scope, CHAIN, manager))
                .isInstanceOf(Refused.class)
                .hasMessage(
                        "access_log[log]: log_format: '%NOPE%' (expected: a format that Envoy 1.40"
                                + " knows: Not supported field in StreamInfo: NOPE)");
    }

    @Test
    void whatIsOnlyForTheEyes_isLeftOutAndTold() throws Refused {
        var manager =
                HttpConnectionManager.newBuilder()
                        .addAccessLog(log(WasmAccessLog.getDefaultInstance()));
        manager.getTracingBuilder()
                .setProvider(
                        Tracing.Http.newBuilder()
                                .setTypedConfig(
                                        Any.pack(
                                                DatadogConfig.newBuilder()
                                                        .setServiceName("s")
                                                        .build())));
        runtimes.compiler.http(scope, CHAIN, manager.build());
        assertThat(scope.skipped())
                .containsExactly(
                        "tracing.provider: envoy.config.trace.v3.DatadogConfig",
                        "access_log[log]: envoy.extensions.access_loggers.wasm.v3.WasmAccessLog");
    }

    @Test
    void zipkin_olderConfiguration_sendsItsSpans() throws Refused {
        var channel = new EmbeddedChannel();
        channel.freezeTime();
        var zipkin = new OneHost(channel.eventLoop(), "zipkin");
        runtimes.loop.attach(channel.eventLoop(), zipkin);
        var manager = HttpConnectionManager.newBuilder();
        manager.getTracingBuilder()
                .setProvider(
                        Tracing.Http.newBuilder()
                                .setTypedConfig(
                                        Any.pack(
                                                ZipkinConfig.newBuilder()
                                                        .setCollectorCluster("zipkin")
                                                        .setCollectorEndpoint("/api/v2/spans")
                                                        .build())));
        var telemetry = runtimes.compiler.http(scope, CHAIN, manager.build());
        var info = exchange();
        info.requestId = "11111111-2222-4333-8444-555555555555";
        telemetry.onRequest(info, Exchanges.request(info), "", false);
        telemetry.onEnd(info);
        channel.advanceTimeBy(6, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
        assertThat(zipkin.last().head.path()).isEqualTo("/api/v2/spans");
        assertThat(zipkin.last().head.authority()).isEqualTo("zipkin");
        assertThat(zipkin.last().body.toString(StandardCharsets.UTF_8))
                .startsWith("[{\"traceId\":\"")
                .contains("\"name\":\"h\"")
                .contains("\"error\":\"true\"");
        channel.close();
    }

    @Test
    void zipkin_withoutCollector_isRefused() {
        var manager = HttpConnectionManager.newBuilder();
        manager.getTracingBuilder()
                .setProvider(
                        Tracing.Http.newBuilder()
                                .setTypedConfig(Any.pack(ZipkinConfig.getDefaultInstance())));
        assertThatThrownBy(() -> runtimes.compiler.http(scope, CHAIN, manager.build()))
                .isInstanceOf(Refused.class)
                .hasMessageStartingWith("tracing: provider:");
    }

    @Test
    void openTelemetry_overHttp_isPosted() throws Exception {
        var channel = new EmbeddedChannel();
        channel.freezeTime();
        var collector = new OneHost(channel.eventLoop(), "otel");
        runtimes.loop.attach(channel.eventLoop(), collector);
        var service =
                HttpService.newBuilder()
                        .setHttpUri(
                                HttpUri.newBuilder()
                                        .setCluster("otel")
                                        .setUri("http://otel.example:4318/v1/logs"))
                        .build();
        var config =
                OpenTelemetryAccessLogConfig.newBuilder()
                        .setBody(AnyValue.newBuilder().setStringValue("%REQ(:PATH)%"))
                        .setUnknownFields(
                                UnknownFieldSet.newBuilder()
                                        .addField(8, field(service.toByteString()))
                                        .addField(10, field(ByteString.copyFromUtf8("named")))
                                        .build())
                        .build();
        var manager = HttpConnectionManager.newBuilder().addAccessLog(log(config)).build();
        runtimes.compiler.http(scope, CHAIN, manager).onEnd(exchange());
        channel.advanceTimeBy(2, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
        assertThat(collector.last().head.path()).isEqualTo("/v1/logs");
        assertThat(collector.last().head.authority()).isEqualTo("otel.example:4318");
        assertThat(collector.last().head.headers().get("content-type"))
                .isEqualTo("application/x-protobuf");
        var logs = ExportLogsServiceRequest.parseFrom(collector.last().body.toByteArray());
        assertThat(logs.getResourceLogs(0).getResource().toString()).contains("named");
        assertThat(
                        logs.getResourceLogs(0)
                                .getScopeLogs(0)
                                .getLogRecords(0)
                                .getBody()
                                .getStringValue())
                .isEqualTo("/p");
        channel.close();
    }

    private static UnknownFieldSet.Field field(ByteString bytes) {
        return UnknownFieldSet.Field.newBuilder().addLengthDelimited(bytes).build();
    }

    @Test
    void tcp_counted_andLoggedToTheService() throws Exception {
        var channel = new EmbeddedChannel();
        channel.freezeTime();
        var als = new OneHost(channel.eventLoop(), "als");
        runtimes.loop.attach(channel.eventLoop(), als);
        var config = TcpGrpcAccessLogConfig.newBuilder();
        config.getCommonConfigBuilder()
                .setLogName("tcp")
                .getGrpcServiceBuilder()
                .getEnvoyGrpcBuilder()
                .setClusterName("als");
        var stats =
                PluginConfig.newBuilder()
                        .addMetrics(
                                MetricConfig.newBuilder()
                                        .setName("tcp_sent_bytes_total")
                                        .putDimensions("where", "source.address"))
                        .build();
        var chain =
                CHAIN.toBuilder()
                        .addFilters(
                                Filter.newBuilder()
                                        .setName("istio.stats")
                                        .setTypedConfig(Any.pack(stats)))
                        .build();
        var proxy = TcpProxy.newBuilder().addAccessLog(log(config.build())).build();
        var telemetry = runtimes.compiler.tcp(scope, chain, proxy);
        assertThat(telemetry.interval()).hasSeconds(5);
        var info = exchange();
        info.request = null;
        telemetry.onOpen(info);
        info.bytesSent = 3;
        telemetry.onProgress(info);
        info.bytesSent = 10;
        info.flag(ResponseFlag.UPSTREAM_CONNECTION_TERMINATION);
        telemetry.onEnd(info);
        channel.advanceTimeBy(2, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
        var body = als.last().body.toByteArray();
        var entry =
                StreamAccessLogsMessage.parseFrom(Arrays.copyOfRange(body, 5, body.length))
                        .getTcpLogs()
                        .getLogEntry(0);
        assertThat(entry.getConnectionProperties().getSentBytes()).isEqualTo(10);
        assertThat(
                        entry.getCommonProperties()
                                .getResponseFlags()
                                .getUpstreamConnectionTermination())
                .isTrue();
        assertThat(
                        runtimes.runtime
                                .metrics()
                                .series()
                                .text()
                                .lines()
                                .filter(line -> line.startsWith("istio_tcp_sent_bytes_total{")))
                .singleElement()
                .asString()
                .endsWith(",where=\"10.0.0.1:7\"} 10");
        channel.close();
    }

    @Test
    void sameStats_areShared() throws Refused {
        var config = PluginConfig.getDefaultInstance();
        var compiler = new StatsCompiler(runtimes.runtime);
        var context = dev.ambit.waypoint.telemetry.format.FormatContext.of(Exchanges.PROCESS);
        assertThat(compiler.compile(scope, config, context.inChain("a", java.util.Map.of())))
                .isSameAs(
                        compiler.compile(scope, config, context.inChain("b", java.util.Map.of())));
    }

    @Test
    void headerValues_seeTheHeadsThatTheyAreGiven() throws Refused {
        var value =
                runtimes.compiler
                        .headerFormats()
                        .compile(
                                "%REQ(:METHOD)%-%RESP(x-r)%-%REQ(nope)%-%DOWNSTREAM_REMOTE_ADDRESS%");
        var info = exchange();
        var before = info.request;
        assertThat(
                        value.format(
                                Exchanges.request("PUT", "h", "/"),
                                new ResponseHead(200, new Headers().add("x-r", "1")),
                                info))
                .isEqualTo("PUT-1--10.0.0.1:7");
        assertThat(info.request).isSameAs(before);
        assertThat(info.response).isNull();
        assertThatThrownBy(() -> runtimes.compiler.headerFormats().compile("%NOPE%"))
                .isInstanceOf(Refused.class);
        assertThat(List.of(scope.skipped())).containsExactly(List.of());
    }
}
