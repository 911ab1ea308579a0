package dev.ambit.waypoint.route;

import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import java.net.InetSocketAddress;
import java.util.Optional;

/// Requests for tests.
public final class Requests {
    public static final String ALICE = "spiffe://cluster.local/ns/shop/sa/alice";

    private Requests() {}

    /// @param fields names and values in turn
    public static RequestHead get(String path, String... fields) {
        return request("GET", path, fields);
    }

    public static RequestHead request(String method, String path, String... fields) {
        var headers = new Headers();
        for (int at = 0; at < fields.length; at += 2) {
            headers.add(fields[at], fields[at + 1]);
        }
        return new RequestHead(
                HttpVersion.HTTP_1_1, method, "http", "web.shop", path, headers, null);
    }

    /// Of a text as `a: b, c: d`.
    public static Headers headers(String text) {
        var headers = new Headers();
        for (var field : text.split(", ", -1)) {
            int colon = field.indexOf(':');
            if (colon > 0) {
                headers.add(field.substring(0, colon), field.substring(colon + 1).strip());
            }
        }
        return headers;
    }

    public static RequestHead with(String method, String path, String headers) {
        return new RequestHead(
                HttpVersion.HTTP_1_1, method, "http", "web.shop", path, headers(headers), null);
    }

    public static StreamInfo info() {
        return info(ALICE);
    }

    public static StreamInfo info(String principal) {
        return new StreamInfo(
                new ConnectionInfo(
                        principal,
                        "spiffe://cluster.local/ns/shop/sa/wp",
                        new InetSocketAddress("10.0.0.7", 40_000),
                        new InetSocketAddress("10.96.0.10", 80),
                        "10.96.0.10:80",
                        Optional.empty(),
                        Optional.empty(),
                        0,
                        1),
                0,
                0);
    }
}
