package dev.ambit.waypoint.http1;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads one request line after another (RFC 9112 section 3). Words may be apart by more than one
/// blank, as section 3 allows; what is sent on has one.
final class RequestLine {
    private static final int MAX_PORT = 65_535;

    /// What Envoy serves without `allow_custom_methods`.
    private static final Set<String> METHODS =
            Set.of(
                    ("ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY"
                                    + " MKCALENDAR MKCOL MOVE MSEARCH NOTIFY OPTIONS PATCH POST PROPFIND"
                                    + " PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE"
                                    + " UNBIND UNLINK UNLOCK UNSUBSCRIBE")
                            .split(" ", -1));

    private static final String[] FREQUENT = {"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"};

    private final boolean absoluteUrls;
    private final boolean customMethods;

    String method = "";
    String path = "";

    /// Of the target, where it has one: it outranks `host` (RFC 9112 section 3.2.2).
    @Nullable String authority;

    @Nullable String scheme;

    /// HTTP/1.1; everything else is served as HTTP/1.0, if at all.
    boolean http11 = true;

    RequestLine(boolean absoluteUrls, boolean customMethods) {
        this.absoluteUrls = absoluteUrls;
        this.customMethods = customMethods;
    }

    boolean isConnect() {
        return method.equals("CONNECT");
    }

    @Nullable Http1Fault read(byte[] line, int length) {
        authority = null;
        scheme = null;
        http11 = true;
        int methodEnd = word(line, 0, length);
        int targetStart = blanks(line, methodEnd, length);
        int end = length;
        while (end > 0 && Chars.blank(line[end - 1])) {
            end--;
        }
        if (methodEnd == 0 || targetStart >= end) {
            return Http1Fault.codec(
                    "request line", text(line, 0, length), "method, target, HTTP/1.1");
        }
        var bad = method(line, methodEnd);
        if (bad != null) {
            return bad;
        }
        int versionStart = end;
        while (versionStart > targetStart && !Chars.blank(line[versionStart - 1])) {
            versionStart--;
        }
        int targetEnd = end;
        if (versionStart > targetStart) {
            bad = version(line, versionStart, end);
            if (bad != null) {
                return bad;
            }
            targetEnd = versionStart;
            while (Chars.blank(line[targetEnd - 1])) {
                targetEnd--;
            }
        } else {
            http11 = false; // HTTP/0.9 has no version.
        }
        return target(line, targetStart, targetEnd);
    }

    private static int word(byte[] line, int from, int end) {
        int at = from;
        while (at < end && !Chars.blank(line[at])) {
            at++;
        }
        return at;
    }

    private static int blanks(byte[] line, int from, int end) {
        int at = from;
        while (at < end && Chars.blank(line[at])) {
            at++;
        }
        return at;
    }

    private @Nullable Http1Fault method(byte[] line, int end) {
        for (var frequent : FREQUENT) {
            if (is(frequent, line, 0, end)) {
                method = frequent;
                return null;
            }
        }
        method = text(line, 0, end);
        if (METHODS.contains(method) || (customMethods && token(line, end))) {
            return null;
        }
        return Http1Fault.codec(
                "method", method, customMethods ? "a token" : "a registered method, in upper case");
    }

    private static boolean token(byte[] line, int end) {
        for (int i = 0; i < end; i++) {
            if (Chars.TOKEN[line[i] & 0xff] == 0) {
                return false;
            }
        }
        return true;
    }

    private @Nullable Http1Fault version(byte[] line, int from, int end) {
        http11 = is("HTTP/1.1", line, from, end);
        boolean some =
                end - from == 8
                        && is("HTTP/", line, from, from + 5)
                        && digit(line[from + 5])
                        && line[from + 6] == '.'
                        && digit(line[from + 7]);
        return some ? null : Http1Fault.codec("version", text(line, from, end), "HTTP/1.1");
    }

    private @Nullable Http1Fault target(byte[] line, int from, int end) {
        var target = text(line, from, end);
        byte first = line[from];
        if (isConnect()) {
            return authorityForm(target);
        }
        if (first == '/' || first == '*') {
            boolean asterisk = first == '*' && !method.equals("OPTIONS") && absoluteUrls;
            if (!allowed(Chars.PATH, line, from, end)) {
                return badCharacters(target);
            }
            if (asterisk) {
                return badTarget(target);
            }
            path = target;
            return null;
        }
        return absoluteForm(target);
    }

    private @Nullable Http1Fault authorityForm(String target) {
        if (!Chars.all(Chars.AUTHORITY, target)) {
            return badCharacters(target);
        }
        if (!validAuthority(target, true)) {
            return badTarget(target);
        }
        authority = target;
        path = "";
        return null;
    }

    private @Nullable Http1Fault absoluteForm(String target) {
        int colon = target.indexOf("://");
        if (colon < 0 || !letters(target, colon)) {
            return badCharacters(target);
        }
        int start = colon + 3;
        int end = start;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            end++;
        }
        var host = target.substring(start, end);
        var rest = target.substring(end);
        if (!Chars.all(Chars.PATH, rest) || !Chars.all(Chars.AUTHORITY, host)) {
            return badCharacters(target);
        }
        if (!absoluteUrls) {
            path = target;
            return null;
        }
        if (target.regionMatches(true, 0, "http://", 0, 7)) {
            scheme = "http";
        } else if (target.regionMatches(true, 0, "https://", 0, 8)) {
            scheme = "https";
        } else {
            return Http1Fault.of("http1.invalid_scheme", "request target", target, "http or https");
        }
        // User information is not for those who only pass the request on.
        int at = host.indexOf('@');
        var named = at < 0 ? host : host.substring(at + 1);
        if (!validAuthority(named, false)) {
            return badTarget(target);
        }
        authority = named;
        path = rest.isEmpty() ? "/" : rest.charAt(0) == '?' ? "/" + rest : rest;
        return null;
    }

    private static boolean letters(String text, int end) {
        for (int i = 0; i < end; i++) {
            int lower = text.charAt(i) | 0x20;
            if (lower < 'a' || lower > 'z') {
                return false;
            }
        }
        return end > 0;
    }

    /// `host`, `host:port`, `[v6]` or `[v6]:port`.
    private static boolean validAuthority(String text, boolean needsPort) {
        if (text.isEmpty() || text.indexOf('@') >= 0 || !Chars.all(Chars.AUTHORITY, text)) {
            return false;
        }
        int hostEnd;
        if (text.charAt(0) == '[') {
            hostEnd = text.indexOf(']') + 1;
            if (hostEnd < 4) {
                return false;
            }
        } else {
            int colon = text.indexOf(':');
            hostEnd = colon < 0 ? text.length() : colon;
            if (hostEnd == 0 || text.indexOf('[') >= 0 || text.indexOf(']') >= 0) {
                return false;
            }
        }
        if (hostEnd == text.length()) {
            return !needsPort;
        }
        return text.charAt(hostEnd) == ':' && port(text, hostEnd + 1);
    }

    private static boolean port(String text, int from) {
        int port = 0;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return false;
            }
            port = 10 * port + c - '0';
            if (port > MAX_PORT) {
                return false;
            }
        }
        return from < text.length();
    }

    private static Http1Fault badCharacters(String target) {
        return Http1Fault.codec("request target", target, EXPECTED);
    }

    private static final String EXPECTED =
            "/path, http://host/path, host:port for CONNECT, or * for OPTIONS; in ASCII";

    private static Http1Fault badTarget(String target) {
        return Http1Fault.of("http1.invalid_url", "request target", target, EXPECTED);
    }

    private static boolean allowed(boolean[] chars, byte[] line, int from, int end) {
        for (int i = from; i < end; i++) {
            if (!chars[line[i] & 0xff]) {
                return false;
            }
        }
        return true;
    }

    private static boolean digit(byte c) {
        return c >= '0' && c <= '9';
    }

    private static boolean is(String text, byte[] line, int from, int end) {
        if (text.length() != end - from) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != line[from + i]) {
                return false;
            }
        }
        return true;
    }

    private static String text(byte[] line, int from, int end) {
        return new String(line, from, end - from, StandardCharsets.ISO_8859_1);
    }
}
