package dev.ambit.waypoint.route;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;

/// Finds a request's route.
public final class Router {
    private static final String FORWARDED_PROTO = "x-forwarded-proto";
    private static final String INTERNAL = "x-envoy-internal";

    private Router() {}

    /// @param random drawn once for the exchange: by it fractions and weights decide, and decide
    ///   the same when they are asked anew
    public static RouteDecision decide(
            RouteTable table, RequestHead request, StreamInfo info, long random) {
        var host = table.host(authority(table, request));
        if (host == null) {
            return RouteDecision.NO_ROUTE;
        }
        if (host.tls() != VirtualHost.TlsRequirement.NONE && mustUseTls(host, request)) {
            return new RouteDecision.ToTls("https://" + request.authority() + request.path());
        }
        var route = host.routes().find(path(table, request.path()), request, info, random);
        return route == null
                ? RouteDecision.NO_ROUTE
                : switch (route.action()) {
                    case RouteAction.Forward forward ->
                            forward(route, forward, request, info, random);
                    case RouteAction.Redirect redirect ->
                            new RouteDecision.Redirect(route, redirect);
                    case RouteAction.Direct direct -> new RouteDecision.Direct(route, direct);
                };
    }

    private static String authority(RouteTable table, RequestHead request) {
        var header = table.options().hostHeader();
        if (header.isEmpty()) {
            return request.authority();
        }
        var value = request.headers().get(header);
        return value == null ? "" : value;
    }

    private static String path(RouteTable table, String path) {
        var bare = Paths.withoutQuery(path);
        int semicolon = table.options().ignorePathParameters() ? bare.indexOf(';') : -1;
        return semicolon < 0 ? bare : bare.substring(0, semicolon);
    }

    private static boolean mustUseTls(VirtualHost host, RequestHead request) {
        return !"https".equals(request.headers().get(FORWARDED_PROTO))
                && (host.tls() == VirtualHost.TlsRequirement.ALL
                        || !"true".equals(request.headers().get(INTERNAL)));
    }

    private static RouteDecision.Forward forward(
            Route route,
            RouteAction.Forward action,
            RequestHead request,
            StreamInfo info,
            long random) {
        return switch (action.clusters()) {
            case ClusterChoice.Single(var cluster) ->
                    new RouteDecision.Forward(route, action, cluster, null, route.stages());
            case ClusterChoice.Header(var name) ->
                    new RouteDecision.Forward(
                            route, action, named(name, request), null, route.stages());
            case ClusterChoice.Weighted weighted -> {
                var drawn = draw(weighted, action, request, info, random);
                var cluster =
                        drawn.cluster().isEmpty()
                                ? named(drawn.clusterHeader(), request)
                                : drawn.cluster();
                yield new RouteDecision.Forward(route, action, cluster, drawn, drawn.stages());
            }
        };
    }

    private static String named(String header, RequestHead request) {
        var value = request.headers().get(header);
        return value == null ? "" : value;
    }

    private static WeightedCluster draw(
            ClusterChoice.Weighted weighted,
            RouteAction.Forward action,
            RequestHead request,
            StreamInfo info,
            long random) {
        long value = random;
        if (weighted.byHash()) {
            value = Hashing.hash(action.hash(), request, info, null).orElse(random);
        }
        if (!weighted.randomHeader().isEmpty()) {
            var given = request.headers().all(weighted.randomHeader());
            long number = given.size() == 1 ? HeaderNumbers.unsigned(given.getFirst()) : -1;
            value = number < 0 ? value : number;
        }
        long drawn = Long.remainderUnsigned(value, weighted.total());
        var clusters = weighted.clusters();
        int at = 0;
        while (drawn >= clusters.get(at).weight()) {
            drawn -= clusters.get(at).weight();
            at++;
        }
        return clusters.get(at);
    }
}
