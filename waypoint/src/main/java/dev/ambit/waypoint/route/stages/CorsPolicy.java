package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.match.TextMatch;
import dev.ambit.waypoint.route.StageConfigs;
import java.util.List;
import java.util.Optional;

/// Which pages of other origins may read answers
/// (`envoy.extensions.filters.http.cors.v3.CorsPolicy`).
///
/// @param origins of which one must match; empty: the level above says
/// @param methods value of `access-control-allow-methods`; empty: the level above says
/// @param headers value of `access-control-allow-headers`
/// @param exposed value of `access-control-expose-headers`
/// @param maxAge value of `access-control-max-age`
/// @param enabled share of requests that this is for
/// @param shadow share of requests that are only counted
public record CorsPolicy(
        List<TextMatch> origins,
        String methods,
        String headers,
        String exposed,
        String maxAge,
        Optional<Boolean> credentials,
        Optional<Boolean> privateNetwork,
        Optional<Boolean> forwardNotMatching,
        Fraction enabled,
        Fraction shadow)
        implements StageConfigs.Layered {
    @Override
    public Object over(Object general) {
        return general instanceof CorsPolicy above
                ? new CorsPolicy(
                        origins.isEmpty() ? above.origins : origins,
                        methods.isEmpty() ? above.methods : methods,
                        headers.isEmpty() ? above.headers : headers,
                        exposed.isEmpty() ? above.exposed : exposed,
                        maxAge.isEmpty() ? above.maxAge : maxAge,
                        credentials.or(() -> above.credentials),
                        privateNetwork.or(() -> above.privateNetwork),
                        forwardNotMatching.or(() -> above.forwardNotMatching),
                        enabled,
                        shadow)
                : this;
    }

    boolean allows(String origin) {
        for (int at = 0; at < origins.size(); at++) {
            var match = origins.get(at);
            if (match.matches("*") || match.matches(origin)) {
                return true;
            }
        }
        return false;
    }
}
