package dev.ambit.control.resource.route;

import com.google.protobuf.ByteString;
import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.route.RouteParts.Abort;
import dev.ambit.control.resource.route.RouteParts.AbortStatus;
import dev.ambit.control.resource.route.RouteParts.Body;
import dev.ambit.control.resource.route.RouteParts.Cors;
import dev.ambit.control.resource.route.RouteParts.Delay;
import dev.ambit.control.resource.route.RouteParts.Denominator;
import dev.ambit.control.resource.route.RouteParts.DirectResponse;
import dev.ambit.control.resource.route.RouteParts.Fault;
import dev.ambit.control.resource.route.RouteParts.Fraction;
import dev.ambit.control.resource.route.RouteParts.HeaderChange;
import dev.ambit.control.resource.route.RouteParts.HeaderChanges;
import dev.ambit.control.resource.route.RouteParts.Redirect;
import dev.ambit.control.resource.route.RouteParts.RedirectPort;
import dev.ambit.control.resource.route.RouteParts.RegexRewrite;
import dev.ambit.control.resource.route.RouteParts.Retry;
import dev.ambit.control.resource.route.RouteParts.Rewrite;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads what VirtualServices say about the requests of one rule, apart from where they go.
final class HttpPartsReader {
    private static final int STATUS_LEAST = 200;
    private static final int STATUS_MOST = 599;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final Set<String> CORS_METHODS =
            Set.of(
                    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE",
                    "*");

    /// Numbers of gRPC's status codes.
    private static final Map<String, Integer> GRPC =
            Map.ofEntries(
                    Map.entry("OK", 0),
                    Map.entry("CANCELLED", 1),
                    Map.entry("UNKNOWN", 2),
                    Map.entry("INVALID_ARGUMENT", 3),
                    Map.entry("DEADLINE_EXCEEDED", 4),
                    Map.entry("NOT_FOUND", 5),
                    Map.entry("ALREADY_EXISTS", 6),
                    Map.entry("PERMISSION_DENIED", 7),
                    Map.entry("RESOURCE_EXHAUSTED", 8),
                    Map.entry("FAILED_PRECONDITION", 9),
                    Map.entry("ABORTED", 10),
                    Map.entry("OUT_OF_RANGE", 11),
                    Map.entry("UNIMPLEMENTED", 12),
                    Map.entry("INTERNAL", 13),
                    Map.entry("UNAVAILABLE", 14),
                    Map.entry("DATA_LOSS", 15),
                    Map.entry("UNAUTHENTICATED", 16));

    private enum DerivePort {
        FROM_PROTOCOL_DEFAULT,
        FROM_REQUEST_PORT
    }

    private enum Preflights {
        UNSPECIFIED,
        FORWARD,
        IGNORE
    }

    private HttpPartsReader() {}

    static HeaderChanges headers(Fields fields) {
        var changes =
                new HeaderChanges(
                        fields.child("request").map(f -> change(f, true)).orElse(HeaderChange.NONE),
                        fields.child("response")
                                .map(f -> change(f, false))
                                .orElse(HeaderChange.NONE));
        fields.noOthers();
        return changes;
    }

    private static HeaderChange change(Fields fields, boolean request) {
        var change =
                new HeaderChange(
                        new java.util.TreeMap<>(values(fields, "set", request)),
                        new java.util.TreeMap<>(values(fields, "add", request)),
                        fields.texts("remove"));
        change.remove().forEach(name -> RouteChecks.changedHeader(fields, "remove", name, false));
        fields.noOthers();
        return change;
    }

    private static Map<String, String> values(Fields fields, String name, boolean request) {
        var map = fields.map(name);
        map.forEach((header, value) -> {
            RouteChecks.changedHeader(fields, name, header, request);
            RouteChecks.headerValue(fields, name, value);
        });
        return map;
    }

    static Redirect redirect(Fields fields, List<HttpMatch> matches) {
        var uri = fields.text("uri");
        var prefix = fields.text("prefixRewrite");
        var scheme = fields.text("scheme");
        int code = fields.integer("redirectCode", 300, 399, 301);
        if (!uri.isEmpty() && !prefix.isEmpty()) {
            throw fields.bad("prefixRewrite", "set with uri (expected: one of the two)");
        }
        boolean prefixes =
                matches.stream()
                        .allMatch(m ->
                                m.uri().isEmpty() || m.uri().get() instanceof TextMatch.Prefix);
        if (!prefix.isEmpty() && !prefixes) {
            throw fields.bad(
                    "prefixRewrite", "'" + prefix + "' (expected: every match has uri.prefix)");
        }
        if (!scheme.isEmpty() && !scheme.equals("http") && !scheme.equals("https")) {
            throw fields.bad("scheme", "'" + scheme + "' (expected: http or https)");
        }
        if (!REDIRECTS.contains(code)) {
            throw fields.bad("redirectCode", code + " (expected: one of 301, 302, 303, 307, 308)");
        }
        var redirect =
                new Redirect(uri, prefix, fields.text("authority"), scheme, port(fields), code);
        if (uri.isEmpty()
                && prefix.isEmpty()
                && redirect.authority().isEmpty()
                && scheme.isEmpty()
                && redirect.port() instanceof RedirectPort.NotSaid) {
            throw fields.bad(
                    "uri", "missing (expected: uri, prefixRewrite, authority, scheme or port)");
        }
        fields.noOthers();
        return redirect;
    }

    private static RedirectPort port(Fields fields) {
        int port = fields.integer("port", 1, RouteChecks.PORT_MAX, 0);
        if (!fields.has("derivePort")) {
            return port == 0 ? new RedirectPort.NotSaid() : new RedirectPort.Number(port);
        }
        if (port != 0) {
            throw fields.bad("derivePort", "set with port (expected: one of the two)");
        }
        return switch (fields.choice(
                "derivePort", DerivePort.class, DerivePort.FROM_PROTOCOL_DEFAULT)) {
            case FROM_PROTOCOL_DEFAULT -> new RedirectPort.OfProtocol();
            case FROM_REQUEST_PORT -> new RedirectPort.OfRequest();
        };
    }

    static DirectResponse response(Fields fields) {
        int status = fields.integer("status", STATUS_LEAST, STATUS_MOST, 0);
        if (status == 0) {
            throw fields.bad("status", "missing (expected: a status from 200 to 599)");
        }
        Body body = fields.child("body").map(HttpPartsReader::body).orElse(new Body.None());
        fields.noOthers();
        return new DirectResponse(status, body);
    }

    private static Body body(Fields fields) {
        if (fields.has("string") && fields.has("bytes")) {
            throw fields.bad("bytes", "set with string (expected: one of the two)");
        }
        Body body = new Body.None();
        int size = 0;
        if (fields.has("string")) {
            var text = fields.text("string");
            size = text.getBytes(StandardCharsets.UTF_8).length;
            body = new Body.Text(text);
        } else if (fields.has("bytes")) {
            try {
                var bytes = Base64.getDecoder().decode(fields.text("bytes"));
                size = bytes.length;
                body = new Body.Bytes(ByteString.copyFrom(bytes));
            } catch (IllegalArgumentException e) {
                throw fields.bad("bytes", "not base64: " + e.getMessage() + " (expected: base64)");
            }
        }
        if (size > RouteLimits.DEFAULT.bodyBytes()) {
            throw fields.bad(
                    fields.has("string") ? "string" : "bytes",
                    size + " bytes (expected: at most " + RouteLimits.DEFAULT.bodyBytes() + ")");
        }
        fields.noOthers();
        return body;
    }

    static Rewrite rewrite(Fields fields) {
        var regex =
                fields.child("uriRegexRewrite")
                        .map(f -> {
                            var read = new RegexRewrite(f.required("match"), f.required("rewrite"));
                            RouteChecks.regex(f, "match", read.match());
                            f.noOthers();
                            return read;
                        });
        var rewrite = new Rewrite(fields.text("uri"), regex, fields.text("authority"));
        if (!rewrite.uri().isEmpty() && regex.isPresent()) {
            throw fields.bad("uriRegexRewrite", "set with uri (expected: one of the two)");
        }
        if (rewrite.uri().isEmpty() && regex.isEmpty() && rewrite.authority().isEmpty()) {
            throw fields.bad("uri", "missing (expected: uri, uriRegexRewrite or authority)");
        }
        fields.noOthers();
        return rewrite;
    }

    public static Retry retry(Fields fields) {
        int attempts = fields.integer("attempts", 0, Integer.MAX_VALUE, 0);
        var retryOn = fields.text("retryOn");
        for (var condition : retryOn.isEmpty() ? new String[0] : retryOn.split(",", -1)) {
            if (!RetryConditions.isKnown(condition)) {
                throw fields.bad(
                        "retryOn",
                        "'" + condition + "' (expected: " + RetryConditions.expected() + ")");
            }
        }
        var perTry = fields.timeout("perTryTimeout");
        var remote = fields.flag("retryRemoteLocalities");
        if (attempts == 0 && (perTry.isPresent() || !retryOn.isEmpty() || remote.isPresent())) {
            throw fields.bad(
                    "attempts", "0, with other settings (expected: 1 or more, or 0 alone)");
        }
        var retry =
                new Retry(
                        attempts,
                        perTry,
                        retryOn,
                        remote.orElse(false),
                        fields.flag("retryIgnorePreviousHosts"),
                        fields.timeout("backoff"));
        fields.noOthers();
        return retry;
    }

    static Fault fault(Fields fields) {
        if (!fields.has("delay") && !fields.has("abort")) {
            throw fields.bad("delay", "missing (expected: delay, abort or both)");
        }
        var fault =
                new Fault(
                        fields.child("delay").flatMap(HttpPartsReader::delay),
                        fields.child("abort").flatMap(HttpPartsReader::abort));
        fields.noOthers();
        return fault;
    }

    private static Optional<Delay> delay(Fields fields) {
        if (fields.has("exponentialDelay")) {
            throw fields.bad("exponentialDelay", "not supported (expected: fixedDelay)");
        }
        int outdated = fields.integer("percent", 0, 100, 0);
        var share =
                percentage(fields, "percentage")
                        .orElse(new Fraction(outdated, Denominator.HUNDRED));
        var fixed = fields.timeout("fixedDelay");
        fields.noOthers();
        return fixed.map(f -> new Delay(f, share));
    }

    private static Optional<Abort> abort(Fields fields) {
        if (fields.has("http2Error")) {
            throw fields.bad("http2Error", "not supported (expected: httpStatus or grpcStatus)");
        }
        if (fields.has("httpStatus") && fields.has("grpcStatus")) {
            throw fields.bad("grpcStatus", "set with httpStatus (expected: one of the two)");
        }
        var share = percentage(fields, "percentage");
        Optional<AbortStatus> status = Optional.empty();
        if (fields.has("httpStatus")) {
            status =
                    Optional.of(
                            new AbortStatus.Http(
                                    fields.integer("httpStatus", STATUS_LEAST, STATUS_MOST, 0)));
        } else if (fields.has("grpcStatus")) {
            var code = GRPC.get(fields.text("grpcStatus"));
            if (code == null) {
                throw fields.bad(
                        "grpcStatus",
                        "'"
                                + fields.text("grpcStatus")
                                + "' (expected: a gRPC status such as NOT_FOUND)");
            }
            status = Optional.of(new AbortStatus.Grpc(code));
        }
        fields.noOthers();
        return status.map(s -> new Abort(s, share));
    }

    static Optional<Fraction> percentage(Fields fields, String name) {
        return fields.child(name)
                .map(p -> {
                    var value = p.decimal("value", 0, 100).orElse(0.0);
                    p.noOthers();
                    return Fraction.percent(value);
                });
    }

    static Cors cors(Fields fields) {
        var origins = new ArrayList<TextMatch>();
        for (var origin : fields.children("allowOrigins")) {
            origins.add(origin(origin));
        }
        var outdated = fields.texts("allowOrigin");
        if (origins.isEmpty()) {
            outdated.forEach(o -> origins.add(new TextMatch.Exact(o)));
        }
        for (var method : fields.texts("allowMethods")) {
            if (!CORS_METHODS.contains(method)) {
                throw fields.bad("allowMethods", "'" + method + "' (expected: HTTP methods, or *)");
            }
        }
        for (var name : List.of("allowHeaders", "exposeHeaders")) {
            for (var header : fields.texts(name)) {
                if (!RouteChecks.isHeaderName(header)) {
                    throw fields.bad(name, "'" + header + "' (expected: names of headers, or *)");
                }
            }
        }
        var maxAge = fields.timeout("maxAge");
        if (maxAge.map(Duration::getNano).orElse(0) != 0) {
            throw fields.bad("maxAge", "'" + fields.text("maxAge") + "' (expected: whole seconds)");
        }
        var cors =
                new Cors(
                        origins,
                        fields.texts("allowMethods"),
                        fields.texts("allowHeaders"),
                        fields.texts("exposeHeaders"),
                        maxAge,
                        fields.flag("allowCredentials"),
                        fields.choice(
                                        "unmatchedPreflights",
                                        Preflights.class,
                                        Preflights.UNSPECIFIED)
                                != Preflights.IGNORE);
        fields.noOthers();
        return cors;
    }

    private static TextMatch origin(Fields fields) {
        var match = HttpMatchReader.text(fields);
        boolean empty =
                switch (match) {
                    case TextMatch.Exact e -> e.value().isEmpty();
                    case TextMatch.Prefix p -> p.value().isEmpty();
                    case TextMatch.Regex r -> false;
                    case TextMatch.Present present -> true;
                };
        if (empty) {
            throw fields.bad("exact", "missing (expected: exact, prefix or regex)");
        }
        return match;
    }
}
