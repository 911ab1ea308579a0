package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Fields;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Reads what requests a Gateway API route's rule is for.
final class GatewayMatchReader {
    private static final Pattern PATH =
            Pattern.compile("/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*+");
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

    private enum PathType {
        Exact,
        PathPrefix,
        RegularExpression
    }

    private enum TextType {
        Exact,
        RegularExpression
    }

    private GatewayMatchReader() {}

    /// What a rule without matches gets.
    static HttpMatch defaultMatch() {
        return HttpMatch.of(
                Optional.of(new TextMatch.Prefix("/")),
                Optional.empty(),
                new TreeMap<>(),
                new TreeMap<>());
    }

    static HttpMatch http(Fields fields) {
        var path =
                fields.child("path")
                        .map(GatewayMatchReader::path)
                        .orElse(new TextMatch.Prefix("/"));
        var method = fields.text("method");
        if (!method.isEmpty() && !METHODS.contains(method)) {
            throw fields.bad("method", "'" + method + "' (expected: an HTTP method)");
        }
        var match =
                HttpMatch.of(
                        Optional.of(path),
                        method.isEmpty()
                                ? Optional.empty()
                                : Optional.of(new TextMatch.Exact(method)),
                        texts(fields, "headers"),
                        texts(fields, "queryParams"));
        fields.noOthers();
        return match;
    }

    private static TextMatch path(Fields fields) {
        var type = fields.choice("type", PathType.class, PathType.PathPrefix);
        var value = fields.has("value") ? fields.text("value") : "/";
        if (type != PathType.RegularExpression && !PATH.matcher(value).matches()) {
            throw fields.bad("value", "'" + value + "' (expected: a path that starts with /)");
        }
        TextMatch match =
                switch (type) {
                    case Exact -> new TextMatch.Exact(value);
                    // A slash at the end is ignored.
                    case PathPrefix ->
                            new TextMatch.Prefix(
                                    value.length() > 1 && value.endsWith("/")
                                            ? value.substring(0, value.length() - 1)
                                            : value);
                    case RegularExpression -> regex(fields, value);
                };
        fields.noOthers();
        return match;
    }

    private static TextMatch regex(Fields fields, String value) {
        RouteChecks.regex(fields, "value", value);
        return new TextMatch.Regex(value);
    }

    private static SortedMap<String, TextMatch> texts(Fields fields, String name) {
        var map = new TreeMap<String, TextMatch>();
        for (var item : fields.children(name)) {
            var key = item.required("name");
            if (!RouteChecks.isHeaderName(key)) {
                throw item.bad("name", "'" + key + "' (expected: letters, digits and dashes)");
            }
            var value = item.text("value");
            TextMatch match =
                    switch (item.choice("type", TextType.class, TextType.Exact)) {
                        case Exact -> new TextMatch.Exact(value);
                        case RegularExpression ->
                                value.equals("*") ? new TextMatch.Present() : regex(item, value);
                    };
            item.noOthers();
            if (map.put(key, match) != null) {
                throw item.bad("name", "'" + key + "' twice (expected: each name once)");
            }
        }
        return map;
    }

    /// gRPC's methods are the path `/SERVICE/METHOD`.
    static HttpMatch grpc(Fields fields) {
        var match =
                HttpMatch.of(
                        fields.child("method").map(GatewayMatchReader::method),
                        Optional.empty(),
                        texts(fields, "headers"),
                        new TreeMap<>());
        fields.noOthers();
        return match;
    }

    private static TextMatch method(Fields fields) {
        var type = fields.choice("type", TextType.class, TextType.Exact);
        var service = fields.text("service");
        var method = fields.text("method");
        if (service.isEmpty() && method.isEmpty()) {
            throw fields.bad("service", "missing (expected: service, method or both)");
        }
        TextMatch match;
        if (type == TextType.Exact && method.isEmpty()) {
            match = new TextMatch.Prefix("/" + service + "/");
        } else if (type == TextType.Exact && !service.isEmpty()) {
            match = new TextMatch.Exact("/" + service + "/" + method);
        } else {
            var regex =
                    "/"
                            + (service.isEmpty() ? "[^/]+" : service)
                            + "/"
                            + (method.isEmpty() ? ".+" : method);
            RouteChecks.regex(fields, service.isEmpty() ? "method" : "service", regex);
            match = new TextMatch.Regex(regex);
        }
        fields.noOthers();
        return match;
    }
}
