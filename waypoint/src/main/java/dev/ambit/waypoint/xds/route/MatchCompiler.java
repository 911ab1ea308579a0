package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.match.MetadataMatch;
import dev.ambit.waypoint.match.QueryMatch;
import dev.ambit.waypoint.route.PathMatch;
import dev.ambit.waypoint.route.RouteMatch;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import io.envoyproxy.envoy.type.matcher.v3.FilterStateMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `envoy.config.route.v3.RouteMatch`.
public final class MatchCompiler {
    private MatchCompiler() {}

    public static RouteMatch compile(io.envoyproxy.envoy.config.route.v3.RouteMatch match)
            throws Refused {
        var query = new ArrayList<QueryMatch>();
        for (var matcher : match.getQueryParametersList()) {
            query.add(Matchers.query(matcher));
        }
        var metadata = new ArrayList<MetadataMatch>();
        for (var matcher : match.getDynamicMetadataList()) {
            metadata.add(Matchers.metadata(matcher));
        }
        var state = new ArrayList<RouteMatch.FilterStateMatch>();
        for (var matcher : match.getFilterStateList()) {
            state.add(filterState(matcher));
        }
        return new RouteMatch(
                path(match),
                Matchers.headers(match.getHeadersList()),
                List.copyOf(query),
                List.copyOf(metadata),
                List.copyOf(state),
                match.hasRuntimeFraction()
                        ? Matchers.fraction(match.getRuntimeFraction())
                        : Fraction.ALL,
                match.hasGrpc(),
                peerCertificate(match));
    }

    private static PathMatch path(io.envoyproxy.envoy.config.route.v3.RouteMatch match)
            throws Refused {
        boolean fold = match.hasCaseSensitive() && !match.getCaseSensitive().getValue();
        return switch (match.getPathSpecifierCase()) {
            case PATH -> {
                var path = Ascii.octets(match.getPath());
                yield fold ? new PathMatch.ExactIgnoreCase(path) : new PathMatch.Exact(path);
            }
            case PREFIX -> {
                var prefix = Ascii.octets(match.getPrefix());
                yield fold ? new PathMatch.PrefixIgnoreCase(prefix) : new PathMatch.Prefix(prefix);
            }
            case PATH_SEPARATED_PREFIX ->
                    new PathMatch.Segments(Ascii.octets(match.getPathSeparatedPrefix()), fold);
            case SAFE_REGEX -> new PathMatch.Regex(Matchers.regex(match.getSafeRegex()));
            case CONNECT_MATCHER -> new PathMatch.Connect();
            case PATH_MATCH_POLICY, PATHSPECIFIER_NOT_SET ->
                    throw new Refused(
                            "match.path_specifier",
                            match.getPathSpecifierCase().toString(),
                            "path, prefix, path_separated_prefix, safe_regex or connect_matcher");
        };
    }

    private static RouteMatch.FilterStateMatch filterState(FilterStateMatcher matcher)
            throws Refused {
        if (!matcher.hasStringMatch()) {
            throw new Refused("match.filter_state", matcher.getKey(), "with a string_match");
        }
        return new RouteMatch.FilterStateMatch(
                matcher.getKey(), Matchers.text(matcher.getStringMatch()));
    }

    /// A caller's certificate is valid, or the caller has none here.
    private static Optional<Boolean> peerCertificate(
            io.envoyproxy.envoy.config.route.v3.RouteMatch match) {
        var context = match.getTlsContext();
        if (context.hasPresented()) {
            return Optional.of(context.getPresented().getValue());
        }
        return context.hasValidated()
                ? Optional.of(context.getValidated().getValue())
                : Optional.empty();
    }
}
