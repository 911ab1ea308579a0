package dev.ambit.waypoint.telemetry;

import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.upstream.ClusterFacts;
import java.net.InetSocketAddress;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Exchanges as they look when they have ended.
public final class Exchanges {
    public static final FormatContext.ProcessFacts PROCESS =
            new FormatContext.ProcessFacts(
                    "vm",
                    name -> name.equals("PATH") ? "/root/bin" : null,
                    ZoneOffset.UTC,
                    () -> 1_795_760_200_000_000L,
                    () -> 10_000_000_000L,
                    () -> "00000000-0000-4000-8000-000000000000",
                    Map.of("id", "n1", "cluster", "c1"));

    private Exchanges() {}

    public static ConnectionInfo connection(String remote, long id) {
        int colon = remote.lastIndexOf(':');
        return new ConnectionInfo(
                "",
                "",
                new InetSocketAddress(
                        remote.substring(0, colon), Integer.parseInt(remote.substring(colon + 1))),
                new InetSocketAddress("127.0.0.1", 18080),
                "",
                Optional.empty(),
                Optional.empty(),
                1_795_760_154_000L,
                id);
    }

    public static ConnectionInfo inMesh(String peer, String local) {
        return new ConnectionInfo(
                peer,
                local,
                new InetSocketAddress("10.1.1.5", 40_000),
                new InetSocketAddress("10.96.0.10", 80),
                "10.96.0.10:80",
                Optional.empty(),
                Optional.empty(),
                1_795_760_154_000L,
                1);
    }

    public static Headers headers(String... namesAndValues) {
        var headers = new Headers();
        for (int at = 0; at < namesAndValues.length; at += 2) {
            headers.add(namesAndValues[at], namesAndValues[at + 1]);
        }
        return headers;
    }

    public static RequestHead request(String method, String host, String path, String... headers) {
        return new RequestHead(
                HttpVersion.HTTP_1_1, method, "http", host, path, headers(headers), null);
    }

    private static StreamInfo started(ConnectionInfo connection, long micros) {
        var info = new StreamInfo(connection, micros, 1_000_000_000L);
        info.version = HttpVersion.HTTP_1_1;
        return info;
    }

    /// Those that a real Envoy was asked about, as `envoy-formats.tsv` names them.
    public static Map<String, StreamInfo> ofTable() {
        var all = new LinkedHashMap<String, StreamInfo>();
        all.put("proxied", proxied());
        all.put("denied", denied());
        all.put("unreachable", unreachable());
        all.put("grpc", grpc());
        all.put("malformed", malformed());
        return all;
    }

    /// One of `ofTable`.
    public static StreamInfo ofTable(String name) {
        return Objects.requireNonNull(ofTable().get(name), name);
    }

    public static RequestHead request(StreamInfo info) {
        return Objects.requireNonNull(info.request);
    }

    public static ResponseHead response(StreamInfo info) {
        return Objects.requireNonNull(info.response);
    }

    private static void metadata(StreamInfo info) {
        var nested = Map.<String, Object>of("z", 1.0, "a", "q\"uote");
        info.dynamicMetadata("dm", "s", "str");
        info.dynamicMetadata("dm", "n", 12.0);
        info.dynamicMetadata("dm", "d", 1.25);
        info.dynamicMetadata("dm", "b", true);
        info.dynamicMetadata("dm", "o", nested);
        info.dynamicMetadata("dm", "l", new ArrayList<>(Arrays.asList(1.0, "x", null)));
        info.dynamicMetadata("dm", "e", "");
        info.filterState("fsk", "state of " + (info.request == null ? "" : info.request.method()));
    }

    private static void routed(StreamInfo info) {
        info.routeMetadata =
                Map.of(
                        "rm",
                        Map.of(
                                "k",
                                "v",
                                "n",
                                1.0,
                                "d",
                                1.5,
                                "b",
                                true,
                                "l",
                                List.of(1.0, "x"),
                                "o",
                                Map.of("z", 1.0, "a", "q\"uote")));
        info.routeName = "r1";
        info.clusterName = "c";
        info.cluster =
                new ClusterFacts(
                        "c", "c_alt", List.of(new ClusterFacts.ServiceRef("h", "n", "ns")), "", "");
        info.upstreamHost = "127.0.0.1:18081";
        info.upstreamLocalAddress = "127.0.0.1:39146";
        info.upstreamVersion = HttpVersion.HTTP_1_1;
        info.attempts = 1;
        info.responseCode = 200;
        info.responseCodeDetails = "via_upstream";
        info.response =
                new ResponseHead(200, headers("x-resp", "resp value", "x-two", "a", "x-two", "b"));
        info.upstreamWireBytesReceived = 163;
        info.bytesSent = 11;
        info.wireBytesSent = 195;
        metadata(info);
    }

    private static StreamInfo proxied() {
        var info = started(connection("127.0.0.1:41284", 1), 1_795_760_154_570_040L);
        info.request =
                request(
                        "GET",
                        "example.com:8080",
                        "/rw/path/x?q=1&b=two%20words&q=2",
                        "user-agent",
                        "curl/\"8\"",
                        "x-rep",
                        "one",
                        "x-rep",
                        "two",
                        "x-uni",
                        "caf\u00c3\u00a9\tz",
                        "x-request-id",
                        "11111111-2222-4333-8444-555555555555",
                        "x-envoy-original-path",
                        "/path/x?q=1&b=two%20words&q=2");
        info.requestId = "11111111-2222-4333-8444-555555555555";
        info.forwardedRemote = new InetSocketAddress("1.2.3.4", 0);
        routed(info);
        info.wireBytesReceived = 238;
        info.upstreamWireBytesSent = 340;
        times(info, 100_000, 700_000, 1_350_000, 1_375_000, 1_412_010);
        return info;
    }

    private static void times(
            StreamInfo info, long request, long sent, long first, long last, long end) {
        long start = info.startNanos;
        info.requestEndNanos = start + request;
        info.upstreamFirstSentNanos = start + sent;
        info.upstreamLastSentNanos = start + sent;
        info.upstreamFirstReceivedNanos = start + first;
        info.upstreamLastReceivedNanos = start + last;
        info.downstreamFirstSentNanos = start + end;
        info.downstreamLastSentNanos = start + end;
        info.endNanos = start + end;
    }

    private static StreamInfo denied() {
        var info = started(connection("127.0.0.1:41290", 3), 1_795_760_154_574_576L);
        info.request = request("POST", "d", "/deny", "content-length", "3");
        info.requestId = "99dd8b9d-dfdc-4a17-ba15-45fe05222f5f";
        info.request.headers().add("x-request-id", info.requestId);
        info.routeName = "deny";
        info.responseCode = 403;
        info.responseCodeDetails = "direct_response";
        info.response = new ResponseHead(403, headers("content-length", "2"));
        info.wireBytesReceived = 73;
        info.bytesSent = 2;
        info.wireBytesSent = 144;
        metadata(info);
        info.downstreamLastSentNanos = info.startNanos + 50_000;
        info.endNanos = info.startNanos + 65_919;
        return info;
    }

    private static StreamInfo unreachable() {
        var info = started(connection("127.0.0.1:41294", 4), 1_795_760_155_574_141L);
        info.request = request("GET", "g", "/gone");
        info.requestId = "a274e797-8d53-4c56-ba49-e6b9926c26cd";
        info.request.headers().add("x-request-id", info.requestId);
        info.routeName = "gone";
        info.clusterName = "gone";
        info.cluster = new ClusterFacts("gone", "gone", List.of(), "", "");
        info.upstreamHost = "127.0.0.1:18099";
        info.upstreamTransportFailure = "delayed connect error: Connection refused";
        info.attempts = 1;
        info.flag(ResponseFlag.UPSTREAM_CONNECTION_FAILURE);
        info.responseCode = 503;
        info.responseCodeDetails =
                "upstream_reset_before_response_started{remote_connection_failure|delayed_connect"
                        + "_error:_Connection_refused}";
        info.response = new ResponseHead(503, headers("content-length", "98"));
        info.wireBytesReceived = 50;
        info.bytesSent = 98;
        info.wireBytesSent = 251;
        metadata(info);
        info.requestEndNanos = info.startNanos + 10_000;
        info.downstreamLastSentNanos = info.startNanos + 400_000;
        info.endNanos = info.startNanos + 510_457;
        return info;
    }

    private static StreamInfo grpc() {
        var info = started(connection("127.0.0.1:41296", 6), 1_795_760_155_575_579L);
        info.request =
                request(
                        "GET",
                        "g",
                        "/rw/grpc",
                        "content-type",
                        "application/grpc",
                        "x-envoy-original-path",
                        "/grpc");
        info.requestId = "fcb79432-4d3f-4026-ba11-0fd04f153876";
        info.request.headers().add("x-request-id", info.requestId);
        routed(info);
        info.wireBytesReceived = 82;
        info.upstreamWireBytesSent = 212;
        times(info, 10_000, 100_000, 450_000, 472_000, 481_072);
        return info;
    }

    private static StreamInfo malformed() {
        var info = started(connection("127.0.0.1:41308", 7), 1_795_760_155_576_999L);
        info.flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
        info.responseCode = 400;
        info.responseCodeDetails = "http1.codec_error";
        info.response = new ResponseHead(400, headers("content-length", "11"));
        info.wireBytesReceived = 31;
        info.bytesSent = 11;
        info.wireBytesSent = 156;
        info.downstreamLastSentNanos = info.startNanos + 40_000;
        info.endNanos = info.startNanos + 98_959;
        return info;
    }
}
