package dev.ambit.waypoint.xds.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.telemetry.ChainTelemetry;
import dev.ambit.waypoint.telemetry.Exchanges;
import dev.ambit.waypoint.telemetry.PeerMetadata;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.call.OneHost;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Recorded;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage;
import io.netty.channel.embedded.EmbeddedChannel;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a real istiod says about telemetry, compiled, and what then is told of an exchange.
class RecordedTelemetryTest {
    private static final String CASE = "waypoint-telemetry/waypoint-shop-wp";

    private final Runtimes runtimes = new Runtimes();

    @AfterEach
    void close() {
        runtimes.close();
    }

    private static List<String> gateways() throws Exception {
        var gateways = Recorded.gateways();
        assumeFalse(gateways.isEmpty(), "needs the recordings, see AMBIT_RECORDINGS");
        return gateways;
    }

    private static Map<String, Listener> listeners(String gateway) throws Exception {
        var all = new LinkedHashMap<String, Listener>();
        for (var resource : Recorded.resources(gateway, "lds")) {
            all.put(resource.getName(), Listener.parseFrom(resource.getResource().getValue()));
        }
        return all;
    }

    private static List<FilterChain> chains(Listener listener) {
        var chains = new ArrayList<>(listener.getFilterChainsList());
        if (listener.hasDefaultFilterChain()) {
            chains.add(listener.getDefaultFilterChain());
        }
        return chains;
    }

    private static HttpConnectionManager manager(FilterChain chain) throws Exception {
        var last = chain.getFilters(chain.getFiltersCount() - 1).getTypedConfig();
        return last.is(HttpConnectionManager.class)
                ? last.unpack(HttpConnectionManager.class)
                : HttpConnectionManager.getDefaultInstance();
    }

    @Test
    void everyChain_ofEveryGateway_compilesWithNothingLeftOut() throws Exception {
        int http = 0;
        int tcp = 0;
        for (var gateway : gateways()) {
            for (var listener : listeners(gateway).values()) {
                for (var chain : chains(listener)) {
                    var scope = new CompileScope();
                    var last = chain.getFilters(chain.getFiltersCount() - 1).getTypedConfig();
                    if (last.is(HttpConnectionManager.class)) {
                        runtimes.compiler.http(scope, chain, manager(chain));
                        http++;
                    } else if (last.is(TcpProxy.class)) {
                        runtimes.compiler.tcp(scope, chain, last.unpack(TcpProxy.class));
                        tcp++;
                    }
                    assertThat(scope.skipped()).as(gateway + " " + chain.getName()).isEmpty();
                }
            }
        }
        assertThat(http).isGreaterThan(100);
        assertThat(tcp).isGreaterThan(50);
    }

    private static Listener listener(String name) throws Exception {
        return Objects.requireNonNull(listeners(CASE).get(name), name);
    }

    private ChainTelemetry web() throws Exception {
        gateways();
        for (var chain : chains(listener("main_internal"))) {
            if (chain.getName().equals("inbound-vip|80|http|web.shop.svc.cluster.local")) {
                return runtimes.compiler.http(new CompileScope(), chain, manager(chain));
            }
        }
        throw new AssertionError("no chain of web in " + CASE);
    }

    private static StreamInfo exchange() {
        var connection =
                Exchanges.inMesh(
                        "spiffe://cluster.local/ns/shop/sa/client",
                        "spiffe://cluster.local/ns/shop/sa/wp");
        connection.downstreamPeer(
                new PeerMetadata(
                        "client-1",
                        "c",
                        "shop",
                        "client",
                        "client",
                        "v1",
                        "client",
                        "v1",
                        "pod",
                        "",
                        "",
                        ""));
        var info = new StreamInfo(connection, 1_700_000_000_000_000L, 1_000_000_000L);
        info.request =
                Exchanges.request(
                        "GET",
                        "web.shop",
                        "/cart?x=1",
                        "x-a",
                        "one",
                        "x-request-id",
                        "00000000-1111-4222-8333-444444444444");
        info.requestId = "00000000-1111-4222-8333-444444444444";
        info.cluster =
                new ClusterFacts(
                        "inbound-vip|80|http|web.shop.svc.cluster.local",
                        "",
                        List.of(
                                new ClusterFacts.ServiceRef(
                                        "web.shop.svc.cluster.local", "web", "shop")),
                        "",
                        "");
        info.clusterName = "inbound-vip|80|http|web.shop.svc.cluster.local";
        return info;
    }

    private static void end(ChainTelemetry telemetry, StreamInfo info, int status) {
        info.response = new ResponseHead(status, new Headers());
        info.responseCode = status;
        info.upstreamHost = "envoy://connect_originate/10.1.1.20:8080";
        info.endNanos = info.startNanos + 5_000_000;
        telemetry.onResponse(info, Exchanges.response(info));
        telemetry.onEnd(info);
    }

    @Test
    void refusedExchange_ofWeb_isLoggedCountedAndTraced() throws Exception {
        var telemetry = web();
        var channel = new EmbeddedChannel();
        channel.freezeTime();
        var als = new OneHost(channel.eventLoop(), "outbound|9000||otel.backend.svc.cluster.local");
        var otel =
                new OneHost(channel.eventLoop(), "outbound|4317||otel.backend.svc.cluster.local");
        runtimes.loop.attach(
                channel.eventLoop(),
                name -> als.find(name) == null ? otel.find(name) : als.find(name));

        var info = exchange();
        telemetry.onRequest(info, Exchanges.request(info), "web.shop.svc.cluster.local:80/*", true);
        telemetry.onAttempt(info, Exchanges.request(info), otel.facts(), otel);
        end(telemetry, info, 503);
        channel.advanceTimeBy(6, java.util.concurrent.TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();

        assertThat(Exchanges.response(info).headers().get("x-envoy-decorator-operation"))
                .isEqualTo("web.shop.svc.cluster.local:80/*");
        assertThat(Exchanges.request(info).headers().get("traceparent")).endsWith("-01");
        assertThat(runtimes.lines("/dev/stderr"))
                .isEqualTo(
                        "{\"code\":503,\"nested\":{\"up\":\"envoy://connect_originate/10.1.1.20:8080\"},\"path\":\"/cart?x=1\"}\n");
        assertThat(runtimes.runtime.metrics().series().text())
                .contains("istio_requests_total{reporter=\"waypoint\",source_workload=\"client\"")
                .contains("method=\"GET\",request_host=\"web.shop\"} 1")
                .doesNotContain("source_principal")
                .doesNotContain("istio_request_bytes");
        alsEntry(als);
        otlp(otel);
        channel.close();
    }

    private static byte[] message(OneHost.Exchange exchange) {
        var body = exchange.body.toByteArray();
        return Arrays.copyOfRange(body, 5, body.length);
    }

    private static void alsEntry(OneHost als) throws Exception {
        assertThat(als.last().head.path())
                .isEqualTo("/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs");
        assertThat(als.last().head.authority()).isEqualTo("otel.backend.svc.cluster.local");
        var message = StreamAccessLogsMessage.parseFrom(message(als.last()));
        assertThat(message.getIdentifier().getLogName()).isEqualTo("shop");
        assertThat(message.getIdentifier().getNode().getCluster()).isEqualTo("wp.shop");
        var entry = message.getHttpLogs().getLogEntry(0);
        assertThat(entry.getRequest().getRequestHeadersMap()).isEqualTo(Map.of("x-a", "one"));
        assertThat(entry.getResponse().getResponseCode().getValue()).isEqualTo(503);
        assertThat(entry.getCommonProperties().getFilterStateObjectsMap())
                .containsOnlyKeys("downstream_peer");
        assertThat(
                        entry.getCommonProperties()
                                .getUpstreamRemoteAddress()
                                .getEnvoyInternalAddress()
                                .getEndpointId())
                .isEqualTo("10.1.1.20:8080");
    }

    private static void otlp(OneHost otel) throws Exception {
        var byPath = new LinkedHashMap<String, OneHost.Exchange>();
        otel.exchanges.forEach(each -> byPath.put(each.head.path(), each));
        var logs =
                ExportLogsServiceRequest.parseFrom(
                        message(
                                Objects.requireNonNull(
                                        byPath.get(
                                                "/opentelemetry.proto.collector.logs.v1.LogsService/Export"))));
        var record = logs.getResourceLogs(0).getScopeLogs(0).getLogRecords(0);
        assertThat(record.getBody().getStringValue()).isEqualTo("hi");
        assertThat(record.getAttributes(0).getKey()).isEqualTo("a");
        assertThat(record.getTraceId().size()).isEqualTo(16);
        var spans =
                ExportTraceServiceRequest.parseFrom(
                        message(
                                Objects.requireNonNull(
                                        byPath.get(
                                                "/opentelemetry.proto.collector.trace.v1.TraceService/Export"))));
        var span = spans.getResourceSpans(0).getScopeSpans(0).getSpans(0);
        assertThat(span.getName()).isEqualTo("web.shop.svc.cluster.local:80/*");
        assertThat(span.getTraceId()).isEqualTo(record.getTraceId());
        assertThat(spans.getResourceSpans(0).getResource().getAttributes(0).toString())
                .contains("wp.shop");
        var tags = new LinkedHashMap<String, String>();
        span.getAttributesList()
                .forEach(tag -> tags.put(tag.getKey(), tag.getValue().getStringValue()));
        assertThat(tags)
                .containsEntry("lit", "x")
                .containsEntry("env", "none")
                .containsEntry("hdr", "d")
                .containsEntry("fmt", "/cart?x=1")
                .containsEntry("istio.source_workload", "client")
                .containsEntry("http.status_code", "503")
                .containsEntry("error", "true")
                .doesNotContainKey("istio.destination_app");
        assertThat(span.getFlags()).isEqualTo(0x101);
    }

    @Test
    void goodExchange_ofWeb_isLoggedToo_sinceNoConnectionBehindTheTunnelIsMutualTls()
            throws Exception {
        var telemetry = web();
        var info = exchange();
        telemetry.onRequest(info, Exchanges.request(info), "", true);
        end(telemetry, info, 200);
        assertThat(runtimes.lines("/dev/stderr")).contains("\"code\":200");
    }

    @Test
    void filters_areRegistered() {
        var compilers =
                runtimes.compiler.register(
                        new FilterCompilers(
                                (_, _, _) -> {
                                    throw new AssertionError("no routes here");
                                },
                                runtimes.compiler));
        assertThat(compilers.http("stats.PluginConfig")).isPresent();
        assertThat(compilers.http("envoy.extensions.filters.http.grpc_stats.v3.FilterConfig"))
                .isPresent();
        assertThat(compilers.isElsewhere("stats.PluginConfig")).isTrue();
        assertThat(compilers.isElsewhere("io.istio.http.peer_metadata.Config")).isTrue();
    }

    @Test
    void front_findsOutWhoCalls_andLogsRefusedConnects() throws Exception {
        gateways();
        var terminate = listener("connect_terminate");
        var front =
                runtimes.compiler.connect(
                        new CompileScope(),
                        terminate,
                        manager(chains(terminate).getFirst()),
                        listener("main_internal"));
        var info = new StreamInfo(Exchanges.inMesh("spiffe://p", "spiffe://l"), 0, 1);
        info.request = Exchanges.request("CONNECT", "10.0.0.1:80", "");
        info.responseCode = 404;
        front.onConnectEnd(info);
        info.responseCode = 200;
        front.onConnectEnd(info);
        assertThat(runtimes.lines("/dev/stdout"))
                .isEqualTo("1970-01-01T00:00:00.000Z CONNECT 404 -\n");
    }
}
