package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.route.HeaderMutations;
import dev.ambit.waypoint.route.HostOptions;
import dev.ambit.waypoint.route.MirrorPolicy;
import dev.ambit.waypoint.route.RetryPolicy;
import dev.ambit.waypoint.route.Route;
import dev.ambit.waypoint.route.RouteAction;
import dev.ambit.waypoint.route.RouteIndex;
import dev.ambit.waypoint.route.RouteLimits;
import dev.ambit.waypoint.route.RouteTable;
import dev.ambit.waypoint.route.StageConfigs;
import dev.ambit.waypoint.route.VirtualHost;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.Tracing;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `envoy.config.route.v3.RouteConfiguration`. What a route takes from its virtual host and its
/// table is put into it here, so that nobody asks for it on a request's way.
public final class RouteCompiler implements FilterCompilers.Routes {
    private final MutationCompiler mutations;
    private final LimitCompiler rateLimits;
    private final ActionCompiler actions;
    private final RouteLimits bounds;

    /// @param localCluster this proxy's own, for rate limits by source
    public RouteCompiler(HeaderFormats formats, String localCluster, RouteLimits bounds) {
        this.mutations = new MutationCompiler(formats);
        this.rateLimits = new LimitCompiler(mutations, localCluster);
        this.actions = new ActionCompiler(mutations, rateLimits, bounds);
        this.bounds = bounds;
    }

    /// The table's part of what routes inherit.
    private record Level(
            HeaderMutations request,
            HeaderMutations response,
            StageConfigs stages,
            List<MirrorPolicy> mirrors) {}

    @Override
    public RouteTable compile(
            CompileScope scope, RouteConfiguration table, FilterCompilers compilers)
            throws Refused {
        try {
            return table(scope, table, compilers);
        } catch (Refused e) {
            throw e.in("route_config[" + table.getName() + "]");
        }
    }

    private RouteTable table(
            CompileScope scope, RouteConfiguration table, FilterCompilers compilers)
            throws Refused {
        if (table.hasVhds() || table.getClusterSpecifierPluginsCount() > 0) {
            throw new Refused(
                    "vhds, cluster_specifier_plugins", "set", "virtual hosts inline, and clusters");
        }
        var level =
                new Level(
                        mutations.compile(
                                "request_headers",
                                table.getRequestHeadersToAddList(),
                                table.getRequestHeadersToRemoveList()),
                        mutations.compile(
                                "response_headers",
                                table.getResponseHeadersToAddList(),
                                table.getResponseHeadersToRemoveList()),
                        StageConfigCompiler.compile(
                                scope, table.getTypedPerFilterConfigMap(), compilers),
                        actions.mirrors(table.getRequestMirrorPoliciesList()));
        var hosts = new ArrayList<VirtualHost>();
        for (var host : table.getVirtualHostsList()) {
            try {
                hosts.add(host(scope, table, level, host, compilers));
            } catch (Refused e) {
                throw e.in("virtual_hosts[" + host.getName() + "]");
            }
        }
        try {
            return new RouteTable(
                    table.getName(),
                    hosts,
                    new RouteTable.Options(
                            table.getIgnorePortInHostMatching(),
                            table.getIgnorePathParametersInPathMatching(),
                            ""));
        } catch (IllegalArgumentException e) {
            throw new Refused("virtual_hosts", "domains", String.valueOf(e.getMessage()));
        }
    }

    private VirtualHost host(
            CompileScope scope,
            RouteConfiguration table,
            Level general,
            io.envoyproxy.envoy.config.route.v3.VirtualHost host,
            FilterCompilers compilers)
            throws Refused {
        if (host.hasMatcher()) {
            throw new Refused("matcher", "set", "routes");
        }
        var mirrors = actions.mirrors(host.getRequestMirrorPoliciesList());
        var own =
                new Level(
                        mutations.compile(
                                "request_headers",
                                host.getRequestHeadersToAddList(),
                                host.getRequestHeadersToRemoveList()),
                        mutations.compile(
                                "response_headers",
                                host.getResponseHeadersToAddList(),
                                host.getResponseHeadersToRemoveList()),
                        CorsOfRoutes.host(
                                        host,
                                        StageConfigCompiler.compile(
                                                scope,
                                                host.getTypedPerFilterConfigMap(),
                                                compilers))
                                .over(general.stages()),
                        mirrors.isEmpty() ? general.mirrors() : mirrors);
        var options =
                new HostOptions(
                        host.getName(),
                        host.getIncludeRequestAttemptCount(),
                        host.getIncludeAttemptCountInResponse(),
                        host.getIncludeIsTimeoutRetryHeader(),
                        rateLimits.compile(host.getRateLimitsList()));
        var inherited =
                new ActionCompiler.Inherited(
                        own.mirrors(),
                        host.hasRetryPolicy()
                                ? RetryCompiler.compile(host.getRetryPolicy())
                                : RetryPolicy.NONE,
                        host.getHedgePolicy().getHedgeOnPerTryTimeout(),
                        own.stages());
        var levels = new Levels(table.getMostSpecificHeaderMutationsWins(), general, own);
        long buffer = buffer(host.hasPerRequestBufferLimitBytes(), bounds.bodyBufferBytes(), host);
        var routes = new ArrayList<Route>();
        for (int at = 0; at < host.getRoutesCount(); at++) {
            var route = host.getRoutes(at);
            try {
                routes.add(route(scope, route, levels, inherited, options, buffer, compilers));
            } catch (Refused e) {
                throw e.in(
                        "routes["
                                + at
                                + (route.getName().isEmpty() ? "" : " " + route.getName())
                                + "]");
            }
        }
        return new VirtualHost(
                host.getDomainsList().stream().map(Ascii::lower).toList(),
                RouteIndex.of(routes),
                switch (host.getRequireTls()) {
                    case NONE, UNRECOGNIZED -> VirtualHost.TlsRequirement.NONE;
                    case EXTERNAL_ONLY -> VirtualHost.TlsRequirement.EXTERNAL_ONLY;
                    case ALL -> VirtualHost.TlsRequirement.ALL;
                },
                options);
    }

    @SuppressWarnings("deprecation") // Control planes still send it.
    private static long buffer(
            boolean set, long most, io.envoyproxy.envoy.config.route.v3.VirtualHost host) {
        return set
                ? Math.min(
                        most,
                        Integer.toUnsignedLong(host.getPerRequestBufferLimitBytes().getValue()))
                : most;
    }

    /// @param specificLast whether the route's own header operations have the last word
    private record Levels(boolean specificLast, Level table, Level host) {
        List<HeaderMutations> request(HeaderMutations route) {
            return order(route, host.request(), table.request());
        }

        List<HeaderMutations> response(HeaderMutations route) {
            return order(route, host.response(), table.response());
        }

        private List<HeaderMutations> order(
                HeaderMutations route, HeaderMutations host, HeaderMutations table) {
            var all = new ArrayList<HeaderMutations>();
            for (var one :
                    specificLast ? List.of(table, host, route) : List.of(route, host, table)) {
                if (!one.isEmpty()) {
                    all.add(one);
                }
            }
            return List.copyOf(all);
        }
    }

    private Route route(
            CompileScope scope,
            io.envoyproxy.envoy.config.route.v3.Route route,
            Levels levels,
            ActionCompiler.Inherited inherited,
            HostOptions options,
            long buffer,
            FilterCompilers compilers)
            throws Refused {
        var stages =
                CorsOfRoutes.route(
                                route,
                                StageConfigCompiler.compile(
                                        scope, route.getTypedPerFilterConfigMap(), compilers))
                        .over(inherited.stages());
        return new Route(
                route.getName(),
                MatchCompiler.compile(route.getMatch()),
                action(
                        scope,
                        route,
                        new ActionCompiler.Inherited(
                                inherited.mirrors(), inherited.retry(), inherited.hedge(), stages),
                        compilers),
                levels.request(
                        mutations.compile(
                                "request_headers",
                                route.getRequestHeadersToAddList(),
                                route.getRequestHeadersToRemoveList())),
                levels.response(
                        mutations.compile(
                                "response_headers",
                                route.getResponseHeadersToAddList(),
                                route.getResponseHeadersToRemoveList())),
                stages,
                Values.metadata(route.getMetadata()),
                decorator(route),
                route.hasTracing() ? Optional.of(sampling(route.getTracing())) : Optional.empty(),
                route.getStatPrefix(),
                route.hasPerRequestBufferLimitBytes()
                        ? Math.min(
                                bounds.bodyBufferBytes(),
                                Integer.toUnsignedLong(
                                        route.getPerRequestBufferLimitBytes().getValue()))
                        : buffer,
                options);
    }

    private RouteAction action(
            CompileScope scope,
            io.envoyproxy.envoy.config.route.v3.Route route,
            ActionCompiler.Inherited inherited,
            FilterCompilers compilers)
            throws Refused {
        return switch (route.getActionCase()) {
            case ROUTE -> actions.forward(scope, route.getRoute(), inherited, compilers);
            case REDIRECT -> actions.redirect(route.getRedirect());
            case DIRECT_RESPONSE -> actions.direct(route.getDirectResponse());
            case FILTER_ACTION, NON_FORWARDING_ACTION, ACTION_NOT_SET ->
                    throw new Refused(
                            "action",
                            route.getActionCase().toString(),
                            "route, redirect or direct_response");
        };
    }

    private static Optional<Route.Decorator> decorator(
            io.envoyproxy.envoy.config.route.v3.Route route) {
        var decorator = route.getDecorator();
        return route.hasDecorator()
                ? Optional.of(
                        new Route.Decorator(
                                decorator.getOperation(),
                                !decorator.hasPropagate() || decorator.getPropagate().getValue()))
                : Optional.empty();
    }

    private static Route.Sampling sampling(Tracing tracing) {
        return new Route.Sampling(
                share(tracing.hasClientSampling(), tracing.getClientSampling()),
                share(tracing.hasRandomSampling(), tracing.getRandomSampling()),
                share(tracing.hasOverallSampling(), tracing.getOverallSampling()));
    }

    private static Fraction share(boolean set, FractionalPercent percent) {
        return set ? Matchers.fraction(percent) : Fraction.ALL;
    }
}
