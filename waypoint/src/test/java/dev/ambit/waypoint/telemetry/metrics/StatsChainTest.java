package dev.ambit.waypoint.telemetry.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.telemetry.Exchanges;
import dev.ambit.waypoint.telemetry.PeerMetadata;
import dev.ambit.waypoint.telemetry.TelemetryLimits;
import dev.ambit.waypoint.telemetry.cel.ExpressionContext;
import dev.ambit.waypoint.telemetry.cel.Expressions;
import dev.ambit.waypoint.upstream.ClusterFacts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StatsChainTest {
    private static final PeerMetadata CLIENT =
            new PeerMetadata(
                    "client-1",
                    "c1",
                    "shop",
                    "client",
                    "client",
                    "",
                    "client",
                    "",
                    "pod",
                    "",
                    "",
                    "");
    private static final PeerMetadata SERVER =
            new PeerMetadata(
                    "web-1",
                    "c1",
                    "shop",
                    "web",
                    "web",
                    "v1",
                    "web",
                    "v1",
                    "pod",
                    "spiffe://cluster.local/ns/shop/sa/web",
                    "",
                    "");
    private static final ClusterFacts CLUSTER =
            new ClusterFacts(
                    "inbound-vip|80|http|web.shop.svc.cluster.local",
                    "",
                    List.of(
                            new ClusterFacts.ServiceRef(
                                    "web.shop.svc.cluster.local", "web", "shop")),
                    "",
                    "");

    private static final String HTTP_LABELS =
            "reporter=\"waypoint\",source_workload=\"client\",source_canonical_service=\"client\","
                    + "source_canonical_revision=\"latest\",source_workload_namespace=\"proven\","
                    + "source_principal=\"spiffe://cluster.local/ns/proven/sa/client\","
                    + "source_app=\"client\",source_version=\"unknown\",source_cluster=\"c1\","
                    + "destination_workload=\"web\",destination_workload_namespace=\"shop\","
                    + "destination_principal=\"spiffe://cluster.local/ns/shop/sa/web\","
                    + "destination_app=\"web\",destination_version=\"v1\","
                    + "destination_service=\"web.shop.svc.cluster.local\","
                    + "destination_canonical_service=\"web\",destination_canonical_revision=\"v1\","
                    + "destination_service_name=\"web\",destination_service_namespace=\"shop\","
                    + "destination_cluster=\"c1\",";

    private final AtomicLong now = new AtomicLong();
    private final SeriesTable table = new SeriesTable(TelemetryLimits.defaults(), now::get);

    private StatsChain chain(StatsConfig config) {
        return new StatsChain(table, config, TelemetryLimits.defaults());
    }

    private static StreamInfo exchange() {
        var connection =
                Exchanges.inMesh(
                        "spiffe://cluster.local/ns/proven/sa/client",
                        "spiffe://cluster.local/ns/shop/sa/wp");
        connection.downstreamPeer(CLIENT);
        var info = new StreamInfo(connection, 0, 1_000_000_000L);
        info.request = Exchanges.request("GET", "web.shop", "/");
        info.response = new ResponseHead(200, Exchanges.headers());
        info.responseCode = 200;
        info.clusterName = CLUSTER.name();
        info.cluster = CLUSTER;
        info.upstreamPeer = SERVER;
        info.wireBytesReceived = 300;
        info.wireBytesSent = 20;
        info.endNanos = info.startNanos + 7_900_000;
        return info;
    }

    private List<String> lines(String containing) {
        return table.text().lines().filter(line -> line.contains(containing)).toList();
    }

    @Test
    void exchange_ended_countsWithIstiosLabelsInOrder() {
        chain(StatsConfig.DEFAULTS).ended(exchange());
        var labels =
                HTTP_LABELS
                        + "request_protocol=\"http\",response_code=\"200\","
                        + "grpc_response_status=\"\",response_flags=\"-\","
                        + "connection_security_policy=\"mutual_tls\"";
        assertThat(table.text().lines())
                .contains("# TYPE istio_requests_total counter")
                .contains("istio_requests_total{" + labels + "} 1")
                .contains("istio_request_duration_milliseconds_bucket{" + labels + ",le=\"5\"} 0")
                .contains("istio_request_duration_milliseconds_bucket{" + labels + ",le=\"10\"} 1")
                .contains(
                        "istio_request_duration_milliseconds_bucket{" + labels + ",le=\"+Inf\"} 1")
                .contains("istio_request_duration_milliseconds_sum{" + labels + "} 7")
                .contains("istio_request_bytes_sum{" + labels + "} 300")
                .contains("istio_response_bytes_count{" + labels + "} 1");
        assertThat(lines("istio_request_bytes_bucket")).hasSize(20);
    }

    @Test
    void nothingKnown_isUnknown_andPlainIsNone() {
        var info = new StreamInfo(Exchanges.connection("10.0.0.1:1", 1), 0, 1_000_000_000L);
        info.request = Exchanges.request("GET", "host.example", "/");
        info.responseCode = 404;
        info.flag(ResponseFlag.NO_ROUTE_FOUND);
        chain(StatsConfig.DEFAULTS).ended(info);
        assertThat(lines("istio_requests_total{"))
                .singleElement()
                .asString()
                .contains("source_workload=\"unknown\"")
                .contains("source_canonical_revision=\"latest\"")
                .contains("destination_canonical_revision=\"unknown\"")
                .contains("destination_service=\"unknown\"")
                .contains("response_code=\"404\"")
                .contains("response_flags=\"NR\"")
                .contains("connection_security_policy=\"none\"");
    }

    @Test
    void hostFallback_withoutService_isTheAuthority() {
        var info = exchange();
        info.cluster = null;
        chain(new StatsConfig(List.of(), List.of(), true, Duration.ZERO)).ended(info);
        assertThat(lines("istio_requests_total{"))
                .singleElement()
                .asString()
                .contains("destination_service=\"web.shop\"")
                .contains("destination_service_name=\"web.shop\"")
                .contains("destination_service_namespace=\"unknown\"");
    }

    @Test
    void blackHole_isNamedLiterally() {
        var info = exchange();
        info.clusterName = "BlackHoleCluster";
        chain(StatsConfig.DEFAULTS).ended(info);
        assertThat(lines("istio_requests_total{"))
                .singleElement()
                .asString()
                .contains("destination_service_name=\"BlackHoleCluster\"");
    }

    @Test
    void grpc_statusFromTrailers_andMessagesWithFewerLabels() {
        var info = exchange();
        Exchanges.request(info).headers().add("content-type", "application/grpc+proto");
        info.responseTrailers = Exchanges.headers("grpc-status", "5");
        var messages = new GrpcMessages(info);
        info.filterState(GrpcMessages.KEY, messages);
        messages.countRequests(1);
        messages.countResponses(3);
        var chain = chain(StatsConfig.DEFAULTS);
        chain.ended(info);
        StatsStage.finish(chain, info);
        StatsStage.finish(chain, info);
        assertThat(lines("istio_requests_total{"))
                .singleElement()
                .asString()
                .contains(
                        "request_protocol=\"grpc\",response_code=\"200\",grpc_response_status=\"5\"");
        var labels = HTTP_LABELS.substring(0, HTTP_LABELS.length() - 1);
        assertThat(table.text().lines())
                .contains("istio_request_messages_total{" + labels + "} 1")
                .contains("istio_response_messages_total{" + labels + "} 3");
    }

    @Test
    void tcp_openedBytesClosed_keepTheLabelsOfTheOpening() {
        var info = exchange();
        info.request = null;
        info.responseCode = 0;
        var chain = chain(StatsConfig.DEFAULTS);
        info.bytesSent = 10;
        info.bytesReceived = 5;
        var series = chain.opened(info);
        series.progress(info);
        info.bytesSent = 25;
        info.flag(ResponseFlag.UPSTREAM_CONNECTION_TERMINATION);
        series.closed(info);
        var labels =
                HTTP_LABELS
                        + "request_protocol=\"tcp\",response_flags=\"-\","
                        + "connection_security_policy=\"mutual_tls\"";
        assertThat(table.text().lines())
                .contains("istio_tcp_connections_opened_total{" + labels + "} 1")
                .contains("istio_tcp_connections_closed_total{" + labels + "} 1")
                .contains("istio_tcp_sent_bytes_total{" + labels + "} 25")
                .contains("istio_tcp_received_bytes_total{" + labels + "} 5");
    }

    @Test
    void overrides_removeSetAddAndDrop() throws Exception {
        var context = new ExpressionContext(false, "", Map.of(), Map.of());
        var host = Expressions.compile("request.host", context);
        var method = Expressions.compile("request.method", context);
        var missing = Expressions.compile("request.nope", context);
        var length = Expressions.compile("response.size", context);
        var config =
                new StatsConfig(
                        List.of(
                                new StatsConfig.Change(
                                        "requests_total",
                                        false,
                                        List.of("source_principal", "no_such_label"),
                                        Map.of(
                                                "request_host",
                                                host,
                                                "destination_app",
                                                method,
                                                "gone",
                                                missing)),
                                new StatsConfig.Change("request_bytes", true, List.of(), Map.of()),
                                new StatsConfig.Change(
                                        "mine", false, List.of(), Map.of("m", method))),
                        List.of(
                                new StatsConfig.Definition(
                                        "mine", length, StatsConfig.Kind.COUNTER)),
                        false,
                        StatsConfig.DEFAULT_INTERVAL);
        var info = exchange();
        info.bytesSent = 12;
        chain(config).ended(info);
        assertThat(lines("istio_requests_total{"))
                .singleElement()
                .asString()
                .doesNotContain("source_principal")
                .contains("destination_app=\"GET\"")
                .endsWith(",gone=\"unknown\",request_host=\"web.shop\"} 1");
        assertThat(lines("istio_request_bytes")).isEmpty();
        assertThat(lines("istio_response_bytes_count{"))
                .singleElement()
                .asString()
                .contains("source_principal");
        assertThat(table.text().lines()).contains("istio_mine{m=\"GET\"} 12");
    }

    @Test
    void series_tooMany_areCountedAsUnknown() {
        var limits = limited(1);
        var small = new SeriesTable(limits, now::get);
        var chain = new StatsChain(small, StatsConfig.DEFAULTS, limits);
        var one = exchange();
        chain.ended(one);
        for (int code = 500; code < 503; code++) {
            var other = exchange();
            other.responseCode = code;
            chain.ended(other);
        }
        var requests =
                small.text().lines().filter(line -> line.startsWith("istio_requests_total{"));
        assertThat(requests)
                .hasSize(2)
                .anyMatch(line ->
                        line.contains("reporter=\"waypoint\",source_workload=\"unknown\"")
                                && line.endsWith("} 3"));
        assertThat(small.overflow()).isEqualTo(12);
    }

    private static TelemetryLimits limited(int series) {
        return TelemetryLimits.defaults().withSeries(series, Duration.ofMinutes(10));
    }

    @Test
    void series_unusedForLong_areForgotten_andComeBack() {
        var limits = limited(100);
        var aging = new SeriesTable(limits, now::get);
        var chain = new StatsChain(aging, StatsConfig.DEFAULTS, limits);
        chain.ended(exchange());
        aging.sweep();
        now.addAndGet(Duration.ofMinutes(11).toNanos());
        aging.sweep();
        assertThat(aging.size()).isEqualTo(4);
        aging.sweep();
        assertThat(aging.size()).isZero();
        chain.ended(exchange());
        assertThat(aging.text()).contains("istio_requests_total{").contains("} 1\n");
    }

    @Test
    void series_usedWhileItLeaves_stays() {
        var limits = limited(100);
        var aging = new SeriesTable(limits, now::get);
        var chain = new StatsChain(aging, StatsConfig.DEFAULTS, limits);
        chain.ended(exchange());
        aging.sweep();
        now.addAndGet(Duration.ofMinutes(11).toNanos());
        aging.sweep();
        chain.ended(exchange());
        aging.sweep();
        assertThat(aging.text().lines().filter(line -> line.startsWith("istio_requests_total")))
                .singleElement()
                .asString()
                .endsWith("} 2");
    }

    @Test
    void exposition_hasBuildAndOwnMetrics() {
        var metrics =
                new WaypointMetrics("1.31.0", TelemetryLimits.defaults(), now::get, new double[0]);
        assertThat(new String(metrics.exposition(), java.nio.charset.StandardCharsets.UTF_8))
                .contains("istio_build{component=\"proxy\",tag=\"1.31.0\"} 1\n")
                .contains("# TYPE ambit_metrics_series gauge")
                .contains("ambit_metrics_overflow_total 0");
    }
}
