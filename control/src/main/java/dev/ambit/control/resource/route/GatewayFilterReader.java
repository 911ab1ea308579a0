package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.route.L7Route.Filter;
import dev.ambit.control.resource.route.RouteParts.Cors;
import dev.ambit.control.resource.route.RouteParts.Fraction;
import dev.ambit.control.resource.route.RouteParts.HeaderChange;
import dev.ambit.control.resource.route.RouteParts.Redirect;
import dev.ambit.control.resource.route.RouteParts.RedirectPort;
import dev.ambit.control.resource.route.RouteParts.RegexRewrite;
import dev.ambit.control.resource.route.RouteParts.Rewrite;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Reads the filters of Gateway API routes.
final class GatewayFilterReader {
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    /// The schema's.
    private static final int MAX_AGE = 5;

    /// What a browser can send as an origin: scheme, host and maybe port.
    private static final String ANY_ORIGIN = "^[a-zA-Z][a-zA-Z0-9+.-]*://[^/\\s?#]+$";

    private enum PathType {
        ReplaceFullPath,
        ReplacePrefixMatch
    }

    private GatewayFilterReader() {}

    static List<Filter> filters(Fields rule, List<HttpMatch> matches) {
        var filters = new ArrayList<Filter>();
        for (var fields : rule.children("filters")) {
            filters.add(filter(fields, matches));
        }
        return filters;
    }

    private static Filter filter(Fields fields, List<HttpMatch> matches) {
        var type = fields.required("type");
        Filter filter =
                switch (type) {
                    case "RequestHeaderModifier" -> headers(fields, "requestHeaderModifier", true);
                    case "ResponseHeaderModifier" ->
                            headers(fields, "responseHeaderModifier", false);
                    case "RequestRedirect" ->
                            new Filter.Redirecting(redirect(child(fields, "requestRedirect")));
                    case "RequestMirror" -> mirror(child(fields, "requestMirror"));
                    case "URLRewrite" ->
                            new Filter.Rewriting(rewrite(child(fields, "urlRewrite"), matches));
                    case "CORS" -> new Filter.CrossOrigin(cors(child(fields, "cors")));
                    case "ExtensionRef" -> {
                        fields.child("extensionRef");
                        yield new Filter.Unusable("unsupported filter type \"ExtensionRef\"");
                    }
                    case "ExternalAuth" -> {
                        fields.child("externalAuth");
                        yield new Filter.Unusable("unsupported filter type \"ExternalAuth\"");
                    }
                    default ->
                            throw fields.bad(
                                    "type",
                                    "'"
                                            + type
                                            + "' (expected: one of RequestHeaderModifier,"
                                            + " ResponseHeaderModifier, RequestRedirect,"
                                            + " RequestMirror, URLRewrite, CORS, ExtensionRef)");
                };
        fields.noOthers();
        return filter;
    }

    private static Fields child(Fields fields, String name) {
        return fields.child(name)
                .orElseThrow(() -> fields.bad(name, "missing (expected: a mapping)"));
    }

    private static Filter headers(Fields filter, String name, boolean request) {
        var fields = child(filter, name);
        var change =
                new HeaderChange(
                        values(fields, "set"), values(fields, "add"), fields.texts("remove"));
        fields.noOthers();
        for (var values : List.of(change.set(), change.add())) {
            for (var entry : values.entrySet()) {
                if (!RouteChecks.isHeaderValue(entry.getValue())) {
                    return new Filter.Unusable(
                            "header \"" + entry.getKey() + "\" value contains invalid characters");
                }
            }
        }
        return request ? new Filter.RequestHeaders(change) : new Filter.ResponseHeaders(change);
    }

    /// Of the same name, the first counts.
    private static SortedMap<String, String> values(Fields fields, String name) {
        var values = new TreeMap<String, String>();
        for (var item : fields.children(name)) {
            var header = item.required("name");
            if (!RouteChecks.isHeaderName(header)) {
                throw item.bad("name", "'" + header + "' (expected: the name of a header)");
            }
            values.putIfAbsent(RouteChecks.lower(header), item.text("value"));
            item.noOthers();
        }
        return values;
    }

    private static Redirect redirect(Fields fields) {
        var scheme = fields.text("scheme");
        if (!scheme.isEmpty() && !scheme.equals("http") && !scheme.equals("https")) {
            throw fields.bad("scheme", "'" + scheme + "' (expected: http or https)");
        }
        int code = fields.integer("statusCode", 300, 399, 302);
        if (!REDIRECTS.contains(code)) {
            throw fields.bad("statusCode", code + " (expected: one of 301, 302, 303, 307, 308)");
        }
        int port = fields.integer("port", 1, RouteChecks.PORT_MAX, 0);
        RedirectPort derived =
                scheme.isEmpty() ? new RedirectPort.OfRequest() : new RedirectPort.OfProtocol();
        var path = fields.child("path");
        boolean full = path.map(GatewayFilterReader::full).orElse(false);
        var to = path.map(GatewayFilterReader::replacement).orElse("");
        var redirect =
                new Redirect(
                        full ? to : "",
                        full ? "" : to,
                        fields.text("hostname"),
                        scheme,
                        port == 0 ? derived : new RedirectPort.Number(port),
                        code);
        fields.noOthers();
        return redirect;
    }

    private static boolean full(Fields path) {
        if (!path.has("type")) {
            throw path.bad("type", "missing (expected: ReplaceFullPath or ReplacePrefixMatch)");
        }
        return path.choice("type", PathType.class, PathType.ReplaceFullPath)
                == PathType.ReplaceFullPath;
    }

    private static String replacement(Fields path) {
        var name = full(path) ? "replaceFullPath" : "replacePrefixMatch";
        if (!path.has(name)) {
            throw path.bad(name, "missing (expected: a path)");
        }
        var value = path.text(name);
        path.noOthers();
        return value;
    }

    private static Rewrite rewrite(Fields fields, List<HttpMatch> matches) {
        var path = fields.child("path");
        boolean full = path.map(GatewayFilterReader::full).orElse(false);
        var to = path.map(GatewayFilterReader::replacement);
        if (to.isPresent() && !full) {
            boolean prefixes =
                    matches.stream()
                            .allMatch(m ->
                                    m.uri().isPresent()
                                            && m.uri().get() instanceof TextMatch.Prefix);
            if (!prefixes) {
                throw path.orElseThrow()
                        .bad("type", "ReplacePrefixMatch (expected: every match has PathPrefix)");
            }
        }
        var rewrite =
                new Rewrite(
                        full ? "" : to.map(GatewayFilterReader::prefix).orElse(""),
                        full
                                ? Optional.of(new RegexRewrite("/.*", to.orElse("")))
                                : Optional.empty(),
                        fields.text("hostname"));
        fields.noOthers();
        return rewrite;
    }

    /// Nothing but a slash takes the prefix away.
    private static String prefix(String to) {
        var trimmed = to.endsWith("/") ? to.substring(0, to.length() - 1) : to;
        return trimmed.isEmpty() ? "/" : trimmed;
    }

    private static Filter mirror(Fields fields) {
        var to =
                GatewayRouteReader.backend(
                        fields.child("backendRef")
                                .orElseThrow(() ->
                                        fields.bad("backendRef", "missing (expected: a mapping)")));
        var fraction = fields.child("fraction");
        if (fraction.isPresent() && fields.has("percent")) {
            throw fields.bad("percent", "set with fraction (expected: one of the two)");
        }
        var share =
                fraction.map(GatewayFilterReader::fraction)
                        .orElseGet(() ->
                                fields.has("percent")
                                        ? Fraction.percent(fields.integer("percent", 0, 100, 100))
                                        : Fraction.ALL);
        fields.noOthers();
        return new Filter.Mirroring(to, share);
    }

    private static Fraction fraction(Fields fields) {
        int denominator = fields.integer("denominator", 1, Integer.MAX_VALUE, 100);
        int numerator = fields.integer("numerator", 0, denominator, 0);
        fields.noOthers();
        return Fraction.percent(100.0 * numerator / denominator);
    }

    private static Cors cors(Fields fields) {
        var origins = new ArrayList<TextMatch>();
        for (var origin : fields.texts("allowOrigins")) {
            if (!origin.isEmpty()) {
                origins.add(origin(origin));
            }
        }
        boolean credentials = fields.bool("allowCredentials");
        var cors =
                new Cors(
                        origins,
                        fields.texts("allowMethods"),
                        fields.texts("allowHeaders"),
                        fields.texts("exposeHeaders"),
                        Optional.of(
                                Duration.ofSeconds(
                                        fields.integer("maxAge", 1, Integer.MAX_VALUE, MAX_AGE))),
                        credentials ? Optional.of(true) : Optional.empty(),
                        false);
        fields.noOthers();
        return cors;
    }

    private static TextMatch origin(String origin) {
        int star = origin.indexOf('*');
        if (origin.equals("*")) {
            return new TextMatch.Regex(ANY_ORIGIN);
        }
        if (star < 0) {
            return new TextMatch.Exact(origin);
        }
        if (star == origin.length() - 1) {
            return new TextMatch.Prefix(origin.substring(0, star));
        }
        return new TextMatch.Regex("^" + GoQuote.meta(origin).replace("\\*", ".*") + "$");
    }
}
