package dev.ambit.control.l7.route;

import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.ServicePort;
import dev.ambit.control.resource.route.HttpMatch;
import dev.ambit.control.resource.route.RouteLimits;
import dev.ambit.control.resource.route.RouteParts.Body;
import dev.ambit.control.resource.traffic.DestinationRule;
import io.envoyproxy.envoy.config.route.v3.Decorator;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Route configurations of HTTP chains. A chain is chosen by address and port, so the host header
/// plays no part: there is one virtual host, for all.
public final class HttpRoutes {
    private static final Duration NEVER = Duration.getDefaultInstance();
    private static final String DIRECT = "encap";

    private HttpRoutes() {}

    /// Of a port of a service that the waypoint stands before.
    public static RouteConfiguration of(
            WaypointScope scope, MeshService service, ServicePort port) {
        var tables = scope.model().routes().of(service, scope.node().namespace());
        var routes = new ArrayList<Route>();
        boolean largeBody = false;
        for (var table : tables) {
            routes.addAll(routes(scope, table, port.number()));
            largeBody |= table.http().stream().anyMatch(HttpRoutes::hasLargeBody);
        }
        var name = ClusterNames.inbound(service, port.number(), true, "");
        if (routes.isEmpty()) {
            var rule = scope.model().rules().find(scope, service);
            var operation = service.hostname() + ":" + port.number() + "/*";
            return byDefault(scope, name, port.number(), host(service), operation, rule);
        }
        var configuration = configuration(name, port.number(), host(service), routes);
        if (largeBody) {
            configuration.setMaxDirectResponseBodySizeBytes(largest());
        }
        return configuration.build();
    }

    /// Of the chain `direct-http`: requests to a pod's own address.
    public static RouteConfiguration direct(WaypointScope scope) {
        return byDefault(scope, DIRECT, 0, "*", ":0/*", Optional.empty());
    }

    /// A name of many hosts is resolved by the request's, so that must be one of them.
    private static String host(MeshService service) {
        return service.resolution() == MeshService.Resolution.DYNAMIC_DNS
                ? service.hostname()
                : "*";
    }

    private static List<Route> routes(WaypointScope scope, RouteTable table, int port) {
        var renderer = new RuleRenderer(scope, table, port, forwardedHost(scope));
        var routes = new ArrayList<Route>();
        for (var rule : table.http()) {
            if (rule.matches().isEmpty()) {
                routes.add(renderer.route(rule, Optional.empty()));
                return routes;
            }
            for (var match : rule.matches()) {
                if (isFor(match, scope, port)) {
                    var route = renderer.route(rule, Optional.of(match));
                    routes.add(route);
                    if (MatchRenderer.isCatchAll(route.getMatch())) {
                        return routes;
                    }
                }
            }
        }
        return routes;
    }

    /// Which workload asks is not known to a waypoint's routes, and a namespace is compared with
    /// its own.
    private static boolean isFor(HttpMatch match, WaypointScope scope, int port) {
        if (!match.sourceLabels().isEmpty() || (match.port() != 0 && match.port() != port)) {
            return false;
        }
        return match.gateways().isEmpty()
                ? match.sourceNamespace().isEmpty()
                        || match.sourceNamespace().equals(scope.node().namespace())
                : match.gateways().contains("mesh");
    }

    private static boolean hasLargeBody(HttpRule rule) {
        if (!(rule.action() instanceof HttpAction.Answered answered)) {
            return false;
        }
        int size =
                switch (answered.response().body()) {
                    case Body.None none -> 0;
                    case Body.Text text -> text.value().getBytes(StandardCharsets.UTF_8).length;
                    case Body.Bytes bytes -> bytes.value().size();
                };
        return size > RouteLimits.DEFAULT.inlineBodyBytes();
    }

    private static UInt32Value largest() {
        return UInt32Value.of(RouteLimits.DEFAULT.bodyBytes());
    }

    private static RouteConfiguration byDefault(
            WaypointScope scope,
            String cluster,
            int port,
            String host,
            String operation,
            Optional<DestinationRule> rule) {
        var action =
                RouteAction.newBuilder()
                        .setCluster(cluster)
                        .setTimeout(NEVER)
                        .setMaxGrpcTimeout(NEVER);
        Retries.of(scope.model().input().mesh().routing().retry(), false)
                .ifPresent(action::setRetryPolicy);
        Hashes.ofAll(rule.flatMap(DestinationRule::policy))
                .flatMap(Hashes::policy)
                .ifPresent(action::addHashPolicy);
        var route =
                Route.newBuilder()
                        .setName("default")
                        .setMatch(MatchRenderer.everything())
                        .setRoute(action)
                        .setDecorator(Decorator.newBuilder().setOperation(operation))
                        .build();
        return configuration(cluster, port, host, List.of(route))
                .setMaxDirectResponseBodySizeBytes(largest())
                .build();
    }

    private static RouteConfiguration.Builder configuration(
            String name, int port, String host, List<Route> routes) {
        return RouteConfiguration.newBuilder()
                .setName(name)
                .setValidateClusters(BoolValue.of(false))
                .addVirtualHosts(
                        VirtualHost.newBuilder()
                                .setName("inbound|http|" + port)
                                .addDomains(host)
                                .addAllRoutes(routes));
    }

    /// `proxyHeaders.xForwardedHost`, of what the proxy says of itself if it does, else the mesh's.
    private static boolean forwardedHost(WaypointScope scope) {
        var own = scope.node().metadata().getFieldsMap().get("PROXY_CONFIG");
        if (own == null) {
            var headers = scope.model().input().mesh().observe().proxy().headers();
            return headers.xForwardedHost().orElse(false);
        }
        return Stream.of("proxyHeaders", "xForwardedHost", "enabled")
                .reduce(
                        own,
                        (value, name) ->
                                value.getStructValue()
                                        .getFieldsOrDefault(name, Value.getDefaultInstance()),
                        (one, other) -> other)
                .getBoolValue();
    }
}
