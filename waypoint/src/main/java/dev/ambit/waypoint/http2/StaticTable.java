package dev.ambit.waypoint.http2;

import java.util.HashMap;
import java.util.Map;

/// Fields that both ends know beforehand (RFC 7541 appendix A), numbered from 1.
final class StaticTable {
    static final int LENGTH = 61;

    private static final String[] NAMES = new String[LENGTH + 1];
    private static final String[] VALUES = new String[LENGTH + 1];
    private static final Map<String, Integer> FIRST = new HashMap<>();

    static {
        String[] rows = {
            ":authority",
            ":method: GET",
            ":method: POST",
            ":path: /",
            ":path: /index.html",
            ":scheme: http",
            ":scheme: https",
            ":status: 200",
            ":status: 204",
            ":status: 206",
            ":status: 304",
            ":status: 400",
            ":status: 404",
            ":status: 500",
            "accept-charset",
            "accept-encoding: gzip, deflate",
            "accept-language",
            "accept-ranges",
            "accept",
            "access-control-allow-origin",
            "age",
            "allow",
            "authorization",
            "cache-control",
            "content-disposition",
            "content-encoding",
            "content-language",
            "content-length",
            "content-location",
            "content-range",
            "content-type",
            "cookie",
            "date",
            "etag",
            "expect",
            "expires",
            "from",
            "host",
            "if-match",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "last-modified",
            "link",
            "location",
            "max-forwards",
            "proxy-authenticate",
            "proxy-authorization",
            "range",
            "referer",
            "refresh",
            "retry-after",
            "server",
            "set-cookie",
            "strict-transport-security",
            "transfer-encoding",
            "user-agent",
            "vary",
            "via",
            "www-authenticate"
        };
        for (int i = 0; i < rows.length; i++) {
            int split = rows[i].indexOf(": ", 1);
            NAMES[i + 1] = (split < 0 ? rows[i] : rows[i].substring(0, split)).intern();
            VALUES[i + 1] = split < 0 ? "" : rows[i].substring(split + 2).intern();
            FIRST.putIfAbsent(NAMES[i + 1], i + 1);
        }
    }

    private StaticTable() {}

    static String name(int index) {
        return NAMES[index];
    }

    static String value(int index) {
        return VALUES[index];
    }

    /// @return the lowest index with this name, or 0
    static int indexOf(String name) {
        var index = FIRST.get(name);
        return index == null ? 0 : index;
    }

    /// @param first of the name
    /// @return the index with this value too, or 0
    static int indexOf(int first, String value) {
        var name = NAMES[first];
        for (int at = first; at <= LENGTH && NAMES[at].equals(name); at++) {
            if (VALUES[at].equals(value)) {
                return at;
            }
        }
        return 0;
    }
}
