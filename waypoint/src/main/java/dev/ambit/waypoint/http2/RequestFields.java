package dev.ambit.waypoint.http2;

import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.model.HttpOptions;
import org.jspecify.annotations.Nullable;

/// A request's head (RFC 9113 section 8.3.1, RFC 8441), judged as nghttp2 within Envoy does.
final class RequestFields extends FieldCollector {
    private final boolean extendedConnect;
    private @Nullable String method;
    private @Nullable String scheme;
    private @Nullable String authority;
    private @Nullable String path;
    private @Nullable String protocol;
    private @Nullable String host;
    private @Nullable String cookie;
    private @Nullable StringBuilder cookies;

    /// @param extendedConnect whether `:protocol` may be used
    RequestFields(
            int maxBytes,
            int maxFields,
            HttpOptions.Underscores underscores,
            boolean extendedConnect) {
        super(maxBytes, maxFields, underscores);
        this.extendedConnect = extendedConnect;
    }

    @Override
    void begin() {
        super.begin();
        method = null;
        scheme = null;
        authority = null;
        path = null;
        protocol = null;
        host = null;
        cookie = null;
        cookies = null;
    }

    @Override
    boolean pseudo(String name, String value) {
        switch (name) {
            case ":method" -> {
                boolean good = method == null && FieldRules.isMethod(value);
                method = value;
                return good;
            }
            case ":scheme" -> {
                boolean good = scheme == null && FieldRules.isScheme(value);
                scheme = value;
                return good;
            }
            case ":authority" -> {
                boolean good = authority == null && FieldRules.isAuthority(value);
                authority = value;
                return good;
            }
            case ":path" -> {
                boolean good = path == null && FieldRules.isPath(value);
                path = value;
                return good;
            }
            case ":protocol" -> {
                boolean good = extendedConnect && protocol == null && !value.isEmpty();
                protocol = value;
                return good;
            }
            default -> {
                return false;
            }
        }
    }

    @Override
    boolean special(String name, String value) {
        if (name.equals("host")) {
            if (host != null || !FieldRules.isAuthority(value)) {
                malformed("host: " + printable(value) + " (expected: one host)");
            }
            host = value;
            return true;
        }
        if (name.equals("cookie")) {
            crumb(value);
            return true;
        }
        return false;
    }

    /// RFC 9113 section 8.2.3: one field again, for those that know no crumbs.
    private void crumb(String value) {
        if (cookie == null) {
            cookie = value;
            return;
        }
        if (cookies == null) {
            cookies = new StringBuilder(cookie);
        }
        cookies.append("; ").append(value);
    }

    /// The head, or null where `broken` tells why there is none.
    @Nullable RequestHead head() {
        if (broken() != null) {
            return null;
        }
        if (cookie != null) {
            headers().add("cookie", cookies == null ? cookie : cookies.toString());
        }
        // An authority that is there wins over `host`, as in Envoy.
        var target = authority != null ? authority : host;
        if (method == null || target == null) {
            misused("request without " + (method == null ? ":method" : ":authority and host"));
            return null;
        }
        if (method.equals("CONNECT")) {
            return connect(target);
        }
        if (protocol != null) {
            misused(":protocol with :method " + printable(method) + " (expected: CONNECT)");
            return null;
        }
        if (scheme == null || path == null || !pathFits(scheme, path, method)) {
            misused(
                    "request with :scheme "
                            + scheme
                            + " and :path "
                            + (path == null ? null : printable(path))
                            + " (expected: both, and a path that begins with /)");
            return null;
        }
        return new RequestHead(HttpVersion.HTTP_2, method, scheme, target, path, headers(), null);
    }

    private @Nullable RequestHead connect(String target) {
        if (protocol == null) {
            if (scheme != null || path != null || authority == null) {
                misused("CONNECT (expected: :authority, and neither :scheme nor :path)");
                return null;
            }
            return new RequestHead(HttpVersion.HTTP_2, "CONNECT", "", target, "", headers(), null);
        }
        if (scheme == null || path == null || !pathFits(scheme, path, "CONNECT")) {
            misused("CONNECT with :protocol (expected: :scheme and :path, RFC 8441 section 4)");
            return null;
        }
        // Within, an upgrade is what it is in HTTP/1, as routes and policies see it in Envoy.
        return new RequestHead(
                HttpVersion.HTTP_2,
                "GET",
                scheme,
                target,
                path,
                headers(),
                protocol.toLowerCase(java.util.Locale.ROOT));
    }

    private static boolean pathFits(String scheme, String path, String method) {
        if (!scheme.equalsIgnoreCase("http") && !scheme.equalsIgnoreCase("https")) {
            return true;
        }
        return path.charAt(0) == '/' || (path.equals("*") && method.equals("OPTIONS"));
    }
}
