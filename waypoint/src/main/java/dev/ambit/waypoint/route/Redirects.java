package dev.ambit.waypoint.route;

import dev.ambit.waypoint.http.RequestHead;

/// The `location` of answers made here.
final class Redirects {
    private static final String FORWARDED_PROTO = "x-forwarded-proto";

    private Redirects() {}

    static String location(RouteAction.Redirect redirect, PathMatch match, RequestHead request) {
        var scheme = redirect.scheme().isEmpty() ? request.scheme() : redirect.scheme();
        var host =
                redirect.host().isEmpty()
                        ? host(request, scheme, redirect.port() != 0)
                        : redirect.host();
        var port = redirect.port() == 0 ? "" : ":" + redirect.port();
        return scheme + "://" + host + port + path(redirect, match, request.path());
    }

    /// The request's own address, as Envoy adds it to a 201 or a 3xx made here.
    static String self(RequestHead request) {
        return request.scheme() + "://" + host(request, request.scheme(), false) + request.path();
    }

    private static String path(RouteAction.Redirect redirect, PathMatch match, String path) {
        return switch (redirect.path()) {
            case RedirectPath.Keep() -> stripped(path, redirect.stripQuery());
            case RedirectPath.Replace(var replacement) -> {
                if (replacement.indexOf('?') >= 0) {
                    yield replacement;
                }
                int query = path.indexOf('?');
                yield query < 0 || redirect.stripQuery()
                        ? replacement
                        : replacement + path.substring(query);
            }
            case RedirectPath.Prefix _, RedirectPath.Regex _ ->
                    stripped(
                            PathRewrite.apply(rewrite(redirect.path()), match, path),
                            redirect.stripQuery());
        };
    }

    /// What the path becomes in the request too.
    static PathRewrite rewrite(RedirectPath path) {
        return switch (path) {
            case RedirectPath.Keep(), RedirectPath.Replace _ -> PathRewrite.KEEP;
            case RedirectPath.Prefix(var replacement) -> new PathRewrite.Prefix(replacement);
            case RedirectPath.Regex(var regex) -> new PathRewrite.Regex(regex);
        };
    }

    private static String stripped(String path, boolean strip) {
        int query = path.indexOf('?');
        return strip && query >= 0 ? path.substring(0, query) : path;
    }

    /// Without the port where another is put behind it, or where it was the default of a scheme
    /// that changes.
    private static String host(RequestHead request, String scheme, boolean dropPort) {
        var host = request.authority();
        int colon = host.startsWith("[") ? host.lastIndexOf("]:") + 1 : host.lastIndexOf(':');
        if (colon <= 0) {
            return host;
        }
        var port = host.substring(colon);
        var came = request.headers().get(FORWARDED_PROTO);
        boolean drop = dropPort;
        if (came == null || !came.equals(scheme)) {
            drop |= "https".equals(came) && port.equals(":443");
            drop |= "http".equals(came) && port.equals(":80");
        }
        return drop ? host.substring(0, colon) : host;
    }
}
