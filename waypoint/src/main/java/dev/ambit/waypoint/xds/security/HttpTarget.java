package dev.ambit.waypoint.xds.security;

import dev.ambit.waypoint.xds.Refused;

/// What `HttpUri.uri` names, apart from the cluster that it is sent to.
///
/// @param authority `host` or `host:port`
/// @param path with the query
record HttpTarget(String authority, String path) {
    static HttpTarget of(String field, String uri) throws Refused {
        int from = uri.startsWith("https://") ? 8 : uri.startsWith("http://") ? 7 : -1;
        int slash = from < 0 ? -1 : uri.indexOf('/', from);
        var authority =
                from < 0 ? "" : slash < 0 ? uri.substring(from) : uri.substring(from, slash);
        if (authority.isEmpty()) {
            throw new Refused(field, uri, "http://host/path or https://host/path");
        }
        return new HttpTarget(authority, slash < 0 ? "/" : uri.substring(slash));
    }
}
