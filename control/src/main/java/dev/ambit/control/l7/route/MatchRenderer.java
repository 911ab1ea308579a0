package dev.ambit.control.l7.route;

import com.google.protobuf.BoolValue;
import dev.ambit.control.resource.route.HttpMatch;
import dev.ambit.control.resource.route.TextMatch;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Optional;

/// Matches as Envoy has them.
final class MatchRenderer {
    private MatchRenderer() {}

    static RouteMatch everything() {
        return RouteMatch.newBuilder().setPrefix("/").build();
    }

    /// @param segments a prefix is of whole path segments
    static RouteMatch match(HttpMatch match, boolean segments) {
        var built = RouteMatch.newBuilder().setPrefix("/");
        var headers = new ArrayList<HeaderMatcher>();
        match.headers().forEach((name, text) -> headers.add(header(name, text)));
        match.without().forEach((name, text) -> headers.add(without(name, text)));
        headers.sort(Comparator.comparing(HeaderMatcher::getName));
        match.uri().ifPresent(uri -> path(uri, segments, built));
        built.setCaseSensitive(BoolValue.of(!match.ignoreUriCase())).addAllHeaders(headers);
        match.method().ifPresent(m -> built.addHeaders(header(":method", m)));
        match.authority().ifPresent(m -> built.addHeaders(header(":authority", m)));
        match.scheme().ifPresent(m -> built.addHeaders(header(":scheme", m)));
        match.query().forEach((name, text) -> built.addQueryParameters(query(name, text)));
        return built.build();
    }

    private static void path(TextMatch uri, boolean segments, RouteMatch.Builder into) {
        switch (uri) {
            case TextMatch.Exact exact -> into.setPath(exact.value());
            case TextMatch.Prefix prefix when segments && !prefix.value().equals("/") ->
                    into.setPathSeparatedPrefix(trimmed(prefix.value()));
            case TextMatch.Prefix prefix -> into.setPrefix(prefix.value());
            case TextMatch.Regex regex -> into.setSafeRegex(regex(regex.value()));
            case TextMatch.Present present -> {}
        }
    }

    private static String trimmed(String prefix) {
        return prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
    }

    private static HeaderMatcher header(String name, TextMatch text) {
        var header = HeaderMatcher.newBuilder().setName(name);
        text(text).ifPresentOrElse(header::setStringMatch, () -> header.setPresentMatch(true));
        return header.build();
    }

    /// A header that is absent does not match a text; but it can't be both absent and present.
    private static HeaderMatcher without(String name, TextMatch text) {
        var header = header(name, text).toBuilder().setInvertMatch(true);
        if (!header.hasPresentMatch()) {
            header.setTreatMissingHeaderAsEmpty(true);
        }
        return header.build();
    }

    private static QueryParameterMatcher query(String name, TextMatch text) {
        var query = QueryParameterMatcher.newBuilder().setName(name);
        text(text).ifPresentOrElse(query::setStringMatch, () -> query.setPresentMatch(true));
        return query.build();
    }

    /// Empty for any text.
    static Optional<StringMatcher> text(TextMatch text) {
        var matcher = StringMatcher.newBuilder();
        return switch (text) {
            case TextMatch.Exact exact -> Optional.of(matcher.setExact(exact.value()).build());
            case TextMatch.Prefix prefix -> Optional.of(matcher.setPrefix(prefix.value()).build());
            case TextMatch.Regex regex ->
                    Optional.of(matcher.setSafeRegex(regex(regex.value())).build());
            case TextMatch.Present present -> Optional.empty();
        };
    }

    static RegexMatcher regex(String value) {
        return RegexMatcher.newBuilder().setRegex(value).build();
    }

    /// Nothing passes it by, so that later rules are never asked.
    static boolean isCatchAll(RouteMatch match) {
        boolean all =
                switch (match.getPathSpecifierCase()) {
                    case PREFIX -> match.getPrefix().equals("/");
                    case PATH_SEPARATED_PREFIX -> match.getPathSeparatedPrefix().equals("/");
                    case SAFE_REGEX -> match.getSafeRegex().getRegex().equals(".*");
                    case PATH, CONNECT_MATCHER, PATH_MATCH_POLICY, PATHSPECIFIER_NOT_SET -> false;
                };
        return all
                && match.getHeadersCount() == 0
                && match.getQueryParametersCount() == 0
                && match.getDynamicMetadataCount() == 0;
    }
}
