package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.match.TextMatch;
import dev.ambit.waypoint.route.stages.CorsPolicy;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// CORS policies, as a filter's and as a route's own.
final class CorsCompiler {
    private CorsCompiler() {}

    static CorsPolicy compile(io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy policy)
            throws Refused {
        return new CorsPolicy(
                origins(policy.getAllowOriginStringMatchList()),
                policy.getAllowMethods(),
                policy.getAllowHeaders(),
                policy.getExposeHeaders(),
                policy.getMaxAge(),
                policy.hasAllowCredentials()
                        ? Optional.of(policy.getAllowCredentials().getValue())
                        : Optional.empty(),
                policy.hasAllowPrivateNetworkAccess()
                        ? Optional.of(policy.getAllowPrivateNetworkAccess().getValue())
                        : Optional.empty(),
                policy.hasForwardNotMatchingPreflights()
                        ? Optional.of(policy.getForwardNotMatchingPreflights().getValue())
                        : Optional.empty(),
                policy.hasFilterEnabled()
                        ? Matchers.fraction(policy.getFilterEnabled())
                        : Fraction.ALL,
                policy.hasShadowEnabled()
                        ? Matchers.fraction(policy.getShadowEnabled())
                        : Fraction.NONE);
    }

    /// The older place for the same.
    static CorsPolicy compile(io.envoyproxy.envoy.config.route.v3.CorsPolicy policy)
            throws Refused {
        return new CorsPolicy(
                origins(policy.getAllowOriginStringMatchList()),
                policy.getAllowMethods(),
                policy.getAllowHeaders(),
                policy.getExposeHeaders(),
                policy.getMaxAge(),
                policy.hasAllowCredentials()
                        ? Optional.of(policy.getAllowCredentials().getValue())
                        : Optional.empty(),
                policy.hasAllowPrivateNetworkAccess()
                        ? Optional.of(policy.getAllowPrivateNetworkAccess().getValue())
                        : Optional.empty(),
                policy.hasForwardNotMatchingPreflights()
                        ? Optional.of(policy.getForwardNotMatchingPreflights().getValue())
                        : Optional.empty(),
                policy.hasFilterEnabled()
                        ? Matchers.fraction(policy.getFilterEnabled())
                        : Fraction.ALL,
                policy.hasShadowEnabled()
                        ? Matchers.fraction(policy.getShadowEnabled())
                        : Fraction.NONE);
    }

    private static List<TextMatch> origins(List<StringMatcher> matchers) throws Refused {
        var origins = new ArrayList<TextMatch>();
        for (var matcher : matchers) {
            origins.add(Matchers.header(matcher));
        }
        return List.copyOf(origins);
    }
}
