package dev.ambit.waypoint.route;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;

/// What a route does to heads.
final class Finish {
    private static final String ORIGINAL_PATH = "x-envoy-original-path";
    private static final String ORIGINAL_HOST = "x-envoy-original-host";
    private static final String FORWARDED_HOST = "x-forwarded-host";

    private Finish() {}

    static void request(
            Route route,
            RouteAction.Forward action,
            RequestHead request,
            StreamInfo info,
            boolean tellOriginal) {
        var mutations = route.request();
        for (int at = 0; at < mutations.size(); at++) {
            mutations.get(at).applyTo(request, info);
        }
        host(action, request, tellOriginal);
        path(action.path(), route.match().path(), request, tellOriginal);
    }

    static void path(
            PathRewrite rewrite, PathMatch match, RequestHead request, boolean tellOriginal) {
        if (rewrite instanceof PathRewrite.Keep) {
            return;
        }
        var before = request.path();
        if (tellOriginal) {
            request.headers().set(ORIGINAL_PATH, before);
        }
        request.path(PathRewrite.apply(rewrite, match, before));
    }

    private static void host(RouteAction.Forward action, RequestHead request, boolean tell) {
        if (action.host() instanceof HostRewrite.Keep) {
            return;
        }
        var host = HostRewrite.host(action.host(), request);
        if (!host.isEmpty()) {
            replaceHost(request, host, action.appendForwardedHost(), tell);
        }
    }

    static void replaceHost(
            RequestHead request, String host, boolean appendForwarded, boolean tellOriginal) {
        var before = request.authority();
        var headers = request.headers();
        if (appendForwarded && !before.isEmpty()) {
            var forwarded = headers.joined(FORWARDED_HOST);
            if (forwarded == null || forwarded.isEmpty()) {
                headers.set(FORWARDED_HOST, before);
            } else if (!last(forwarded).equals(before)) {
                headers.set(FORWARDED_HOST, forwarded + "," + before);
            }
        }
        if (tellOriginal) {
            headers.set(ORIGINAL_HOST, before);
        }
        request.authority(host);
    }

    private static String last(String list) {
        return list.substring(list.lastIndexOf(',') + 1).strip();
    }

    static void response(Route route, ResponseHead response, RequestHead request, StreamInfo info) {
        var mutations = route.response();
        for (int at = 0; at < mutations.size(); at++) {
            mutations.get(at).applyTo(response, request, info);
        }
    }
}
