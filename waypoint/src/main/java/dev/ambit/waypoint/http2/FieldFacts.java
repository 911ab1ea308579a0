package dev.ambit.waypoint.http2;

import java.util.HashMap;
import java.util.Map;

/// How a field of a known name is written.
///
/// @param index in the static table; 0 for none
record FieldFacts(Writing writing, int index) {
    enum Writing {
        /// Kept in the peer's table: the same value is likely to come again.
        INDEXED,
        /// Literal: a value of its own in most messages.
        PLAIN,
        /// Literal, and nobody on the way may keep it (RFC 7541 section 7.1.3).
        NEVER,
        /// Not written: belongs to connections of HTTP/1, or is a pseudo-header here.
        DROPPED
    }

    static final FieldFacts UNKNOWN = new FieldFacts(Writing.INDEXED, 0);

    private static final Map<String, FieldFacts> KNOWN = new HashMap<>();

    static {
        for (int index = StaticTable.LENGTH; index > 0; index--) {
            var name = StaticTable.name(index);
            KNOWN.put(name, new FieldFacts(Writing.INDEXED, StaticTable.indexOf(name)));
        }
        put(
                Writing.PLAIN,
                ":path",
                "age",
                "baggage",
                "b3",
                "content-length",
                "content-range",
                "cookie",
                "etag",
                "expires",
                "grpc-timeout",
                "if-modified-since",
                "if-none-match",
                "last-modified",
                "location",
                "range",
                "referer",
                "set-cookie",
                "traceparent",
                "tracestate",
                "x-b3-parentspanid",
                "x-b3-spanid",
                "x-b3-traceid",
                "x-envoy-upstream-service-time",
                "x-request-id");
        put(Writing.NEVER, "authorization", "proxy-authorization");
        put(
                Writing.DROPPED,
                "connection",
                "host",
                "http2-settings",
                "keep-alive",
                "proxy-connection",
                "transfer-encoding",
                "upgrade");
    }

    private static void put(Writing writing, String... names) {
        for (var name : names) {
            KNOWN.put(name, new FieldFacts(writing, StaticTable.indexOf(name)));
        }
    }

    static FieldFacts of(String name) {
        return KNOWN.getOrDefault(name, UNKNOWN);
    }
}
