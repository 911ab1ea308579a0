package dev.ambit.waypoint.http;

import org.jspecify.annotations.Nullable;

/// A request's head in one form for all versions. Mutable: stages and routes change it on its way,
/// on its loop. Hop-by-hop fields of HTTP/1 (RFC 9110 section 7.6.1) are not in it; `host` is
/// `authority`.
public final class RequestHead {
    private String method;
    private String scheme;
    private String authority;
    private String path;
    private final Headers headers;
    private final HttpVersion version;
    private @Nullable String upgrade;
    private String hostSpelling = "host";

    /// @param authority empty where an HTTP/1 client sent an empty `host`
    /// @param path with the query; `*` for OPTIONS; empty for CONNECT without `upgrade`
    /// @param upgrade the protocol asked for: of `upgrade` with HTTP/1, of `:protocol` with HTTP/2
    ///   (RFC 8441), lower-case; null for most requests. The method is then what it is in HTTP/1,
    ///   GET, and the answer that grants it a 101: codecs of HTTP/2 translate
    public RequestHead(
            HttpVersion version,
            String method,
            String scheme,
            String authority,
            String path,
            Headers headers,
            @Nullable String upgrade) {
        this.version = version;
        this.method = method;
        this.scheme = scheme;
        this.authority = authority;
        this.path = path;
        this.headers = headers;
        this.upgrade = upgrade;
    }

    public HttpVersion version() {
        return version;
    }

    public String method() {
        return method;
    }

    public void method(String value) {
        method = value;
    }

    public String scheme() {
        return scheme;
    }

    public void scheme(String value) {
        scheme = value;
    }

    public String authority() {
        return authority;
    }

    public void authority(String value) {
        authority = value;
    }

    public String path() {
        return path;
    }

    public void path(String value) {
        path = value;
    }

    public Headers headers() {
        return headers;
    }

    public @Nullable String upgrade() {
        return upgrade;
    }

    public void upgrade(@Nullable String value) {
        upgrade = value;
    }

    /// `host` as an HTTP/1 peer spelled it, for those who want case preserved.
    public String hostSpelling() {
        return hostSpelling;
    }

    public void hostSpelling(String value) {
        hostSpelling = value;
    }

    /// Of a header or a pseudo-header, all values joined with `,`; null where there is none.
    ///
    /// @param name lower-case; `host` means `:authority`
    public @Nullable String get(String name) {
        return switch (name) {
            case ":method" -> method;
            case ":scheme" -> scheme;
            case ":authority", "host" -> authority.isEmpty() ? null : authority;
            case ":path" -> path.isEmpty() ? null : path;
            case ":protocol" -> version == HttpVersion.HTTP_2 ? upgrade : null;
            default -> headers.joined(name);
        };
    }

    /// For a mirror, or another attempt.
    public RequestHead copy() {
        var copy =
                new RequestHead(version, method, scheme, authority, path, headers.copy(), upgrade);
        copy.hostSpelling = hostSpelling;
        return copy;
    }
}
