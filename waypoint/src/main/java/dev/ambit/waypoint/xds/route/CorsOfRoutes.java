package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.route.StageConfigs;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.route.v3.CorsPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import java.util.HashMap;
import java.util.Map;

/// CORS policies that stand in routes and virtual hosts themselves, which older control planes
/// send: they become the filter's, where that has none.
final class CorsOfRoutes {
    static final String FILTER = "envoy.filters.http.cors";

    private CorsOfRoutes() {}

    @SuppressWarnings("deprecation") // Older control planes send it.
    static StageConfigs route(Route route, StageConfigs own) throws Refused {
        return route.getRoute().hasCors() ? with(route.getRoute().getCors(), own) : own;
    }

    @SuppressWarnings("deprecation") // Older control planes send it.
    static StageConfigs host(VirtualHost host, StageConfigs own) throws Refused {
        return host.hasCors() ? with(host.getCors(), own) : own;
    }

    private static StageConfigs with(CorsPolicy policy, StageConfigs own) throws Refused {
        if (own.configs().containsKey(FILTER)) {
            return own;
        }
        var configs = new HashMap<>(own.configs());
        configs.put(FILTER, CorsCompiler.compile(policy));
        return new StageConfigs(Map.copyOf(configs), own.disabled(), own.enabled());
    }
}
