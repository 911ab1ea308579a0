package dev.ambit.waypoint.http1;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Names that most heads are made of, found by their bytes: nothing is allocated for them.
final class FieldNames {
    /// What the codec itself has to do with a field.
    enum Role {
        NONE,
        HOST,
        CONTENT_LENGTH,
        TRANSFER_ENCODING,
        CONNECTION,
        UPGRADE,
        EXPECT,
        TE,
        /// `keep-alive`, `proxy-connection`, `http2-settings`: about one connection, never passed
        /// on.
        HOP
    }

    record Known(String name, Role role, String proper) {}

    private static final int SIZE = 512;
    private static final @Nullable Known[] TABLE = new @Nullable Known[SIZE];

    private static final String COMMON =
            "accept accept-charset accept-encoding accept-language accept-ranges"
                    + " access-control-allow-credentials access-control-allow-headers"
                    + " access-control-allow-methods access-control-allow-origin"
                    + " access-control-expose-headers access-control-max-age"
                    + " access-control-request-headers access-control-request-method age allow"
                    + " authorization b3 baggage cache-control content-disposition content-encoding"
                    + " content-language content-location content-range content-security-policy"
                    + " content-type cookie date dnt etag expires forwarded from grpc-encoding"
                    + " grpc-message grpc-status grpc-timeout if-match if-modified-since if-none-match"
                    + " if-range if-unmodified-since last-modified link location max-forwards origin"
                    + " pragma priority range referer retry-after sec-ch-ua sec-ch-ua-mobile"
                    + " sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user"
                    + " sec-websocket-accept sec-websocket-extensions sec-websocket-key"
                    + " sec-websocket-protocol sec-websocket-version server set-cookie"
                    + " strict-transport-security traceparent tracestate trailer"
                    + " upgrade-insecure-requests user-agent vary via warning www-authenticate"
                    + " x-b3-flags x-b3-parentspanid x-b3-sampled x-b3-spanid x-b3-traceid"
                    + " x-content-type-options x-envoy-attempt-count x-envoy-decorator-operation"
                    + " x-envoy-expected-rq-timeout-ms x-envoy-external-address x-envoy-internal"
                    + " x-envoy-original-path x-envoy-peer-metadata x-envoy-peer-metadata-id"
                    + " x-envoy-retry-on x-envoy-upstream-service-time x-forwarded-client-cert"
                    + " x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto"
                    + " x-frame-options x-powered-by x-real-ip x-request-id x-requested-with"
                    + " x-xss-protection";

    static {
        for (var name : COMMON.split(" ", -1)) {
            put(name, Role.NONE);
        }
        put("host", Role.HOST);
        put("content-length", Role.CONTENT_LENGTH);
        put("transfer-encoding", Role.TRANSFER_ENCODING);
        put("connection", Role.CONNECTION);
        put("upgrade", Role.UPGRADE);
        put("expect", Role.EXPECT);
        put("te", Role.TE);
        put("keep-alive", Role.HOP);
        put("proxy-connection", Role.HOP);
        put("http2-settings", Role.HOP);
    }

    private FieldNames() {}

    private static void put(String name, Role role) {
        var bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        int hash = 0;
        for (byte b : bytes) {
            hash = 31 * hash + b;
        }
        int at = slot(hash);
        while (TABLE[at] != null) {
            at = (at + 1) % SIZE;
        }
        TABLE[at] = new Known(name, role, HeaderCase.proper(name));
    }

    private static int slot(int hash) {
        return (hash ^ hash >>> 15) & SIZE - 1;
    }

    /// @param hash of the lower-case bytes, as `String.hashCode` makes it
    static @Nullable Known find(byte[] lower, int from, int length, int hash) {
        for (int at = slot(hash); ; at = (at + 1) % SIZE) {
            var known = TABLE[at];
            if (known == null || same(known.name(), lower, from, length)) {
                return known;
            }
        }
    }

    private static boolean same(String name, byte[] bytes, int from, int length) {
        if (name.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (name.charAt(i) != bytes[from + i]) {
                return false;
            }
        }
        return true;
    }

    /// `Content-Type` for `content-type`.
    static String proper(String name) {
        int hash = name.hashCode();
        for (int at = slot(hash); ; at = (at + 1) % SIZE) {
            var known = TABLE[at];
            if (known == null) {
                return HeaderCase.proper(name);
            }
            if (known.name().equals(name)) {
                return known.proper();
            }
        }
    }
}
