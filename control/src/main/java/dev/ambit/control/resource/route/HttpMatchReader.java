package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Fields;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Reads what requests a VirtualService's rule is for.
final class HttpMatchReader {
    private static final List<String> KINDS = List.of("exact", "prefix", "regex");

    private HttpMatchReader() {}

    static HttpMatch match(Fields fields) {
        var match =
                new HttpMatch(
                        fields.text("name"),
                        fields.child("uri").map(f -> text(f)),
                        notEmptyPrefix(fields, "scheme"),
                        notEmptyPrefix(fields, "method"),
                        notEmptyPrefix(fields, "authority"),
                        texts(fields, "headers", true),
                        texts(fields, "withoutHeaders", true),
                        texts(fields, "queryParams", false),
                        fields.bool("ignoreUriCase"),
                        fields.integer("port", 0, RouteChecks.PORT_MAX, 0),
                        fields.map("sourceLabels"),
                        namespace(fields),
                        fields.texts("gateways"),
                        fields.text("statPrefix"));
        fields.noOthers();
        return match;
    }

    /// A StringMatch.
    static TextMatch text(Fields fields) {
        var said = KINDS.stream().filter(fields::has).toList();
        if (said.size() > 1) {
            throw fields.bad(said.getLast(), "set with " + said.getFirst() + " (expected: one)");
        }
        TextMatch match = new TextMatch.Present();
        if (fields.has("exact")) {
            match = new TextMatch.Exact(fields.text("exact"));
        } else if (fields.has("prefix")) {
            match = new TextMatch.Prefix(fields.text("prefix"));
        } else if (fields.has("regex")) {
            RouteChecks.regex(fields, "regex", fields.text("regex"));
            match = new TextMatch.Regex(fields.text("regex"));
        }
        fields.noOthers();
        return match;
    }

    /// Envoy takes an empty prefix of a path, and of nothing else.
    private static Optional<TextMatch> notEmptyPrefix(Fields fields, String name) {
        return fields.child(name).map(HttpMatchReader::notEmptyPrefix);
    }

    private static TextMatch notEmptyPrefix(Fields fields) {
        var match = text(fields);
        if (match instanceof TextMatch.Prefix prefix && prefix.value().isEmpty()) {
            throw fields.bad("prefix", "empty (expected: a prefix, or no prefix at all)");
        }
        return match;
    }

    private static SortedMap<String, TextMatch> texts(Fields fields, String name, boolean headers) {
        var map = new TreeMap<String, TextMatch>();
        var child = fields.child(name);
        if (child.isEmpty()) {
            return map;
        }
        for (var key : child.get().names()) {
            if (headers) {
                RouteChecks.matchedHeader(child.get(), key);
            }
            var match = child.get().child(key);
            // `*` is no regular expression: it means that there is something.
            boolean any =
                    match.map(m ->
                                    m.names().equals(List.of("regex"))
                                            && m.has("regex")
                                            && m.text("regex").equals("*"))
                            .orElse(true);
            map.put(key, any ? new TextMatch.Present() : notEmptyPrefix(match.orElseThrow()));
        }
        return map;
    }

    private static String namespace(Fields fields) {
        var namespace = fields.text("sourceNamespace");
        if (!namespace.isEmpty() && !RouteChecks.isNamespace(namespace)) {
            throw fields.bad("sourceNamespace", "'" + namespace + "' (expected: a namespace)");
        }
        return namespace;
    }
}
