package dev.ambit.waypoint.route;

import dev.ambit.waypoint.http.Headers;

/// Cookies as far as routes need them (RFC 6265).
public final class Cookies {
    private static final String COOKIE = "cookie";

    private Cookies() {}

    /// A request's cookie, without quotes; empty for none.
    public static String value(Headers headers, String name) {
        for (int at = headers.indexOf(COOKIE, 0); at >= 0; at = headers.indexOf(COOKIE, at + 1)) {
            var value = value(headers.value(at), name);
            if (!value.isEmpty()) {
                return value;
            }
        }
        return "";
    }

    private static String value(String cookies, String name) {
        int from = 0;
        while (from < cookies.length()) {
            int semicolon = cookies.indexOf(';', from);
            int to = semicolon < 0 ? cookies.length() : semicolon;
            int equals = cookies.indexOf('=', from);
            if (equals >= 0
                    && equals < to
                    && cookies.substring(from, equals).strip().equals(name)) {
                return unquoted(cookies.substring(equals + 1, to).strip());
            }
            from = to + 1;
        }
        return "";
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    static String setCookie(HashPolicy.Source.Cookie cookie, String value) {
        var text = new StringBuilder();
        text.append(cookie.name()).append("=\"").append(value).append('"');
        long ttl = cookie.ttlSeconds().orElse(0);
        if (ttl != 0) {
            text.append("; Max-Age=").append(ttl);
        }
        if (!cookie.path().isEmpty()) {
            text.append("; Path=").append(cookie.path());
        }
        for (var attribute : cookie.attributes()) {
            text.append("; ").append(attribute.name());
            if (!attribute.value().isEmpty()) {
                text.append('=').append(attribute.value());
            }
        }
        return text.append("; HttpOnly").toString();
    }
}
