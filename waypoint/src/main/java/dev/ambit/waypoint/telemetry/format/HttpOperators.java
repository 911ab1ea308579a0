package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.format.Basic.Number;
import dev.ambit.waypoint.telemetry.format.Basic.Text;
import dev.ambit.waypoint.telemetry.format.FormatParser.Command;
import dev.ambit.waypoint.telemetry.format.Operators.Argument;
import dev.ambit.waypoint.telemetry.trace.Span;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Headers, trailers, path and query, gRPC status.
final class HttpOperators {
    private static final String ORIGINAL_PATH = "x-envoy-original-path";
    private static final String[] CAMEL = {
        "OK",
        "Canceled",
        "Unknown",
        "InvalidArgument",
        "DeadlineExceeded",
        "NotFound",
        "AlreadyExists",
        "PermissionDenied",
        "ResourceExhausted",
        "FailedPrecondition",
        "Aborted",
        "OutOfRange",
        "Unimplemented",
        "Internal",
        "Unavailable",
        "DataLoss",
        "Unauthenticated"
    };
    private static final String[] SNAKE = {
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED"
    };

    private HttpOperators() {}

    static void fill(Operators.Table table) {
        header(table, "REQ", HttpOperators::requestHeader);
        header(table, "STREAM_INFO_REQ", HttpOperators::requestHeader);
        header(table, "RESP", HttpOperators::responseHeader);
        header(table, "TRAILER", (info, name) -> first(info.responseTrailers, name));
        table.put(
                "REQ_WITHOUT_QUERY",
                Argument.REQUIRED,
                true,
                (command, _) -> {
                    var header = header(command, HttpOperators::requestHeader);
                    return new Text(info -> map(header.apply(info), Facts::withoutQuery));
                });
        table.put("PATH", Argument.OPTIONAL, true, (command, _) -> path(command));
        table.put("QUERY_PARAM", Argument.REQUIRED, true, (command, _) -> parameter(command));
        table.put(
                "QUERY_PARAMS",
                Argument.OPTIONAL,
                true,
                (_, _) -> new Text(info -> map(originalOrPath(info), HttpOperators::query)));
        table.put("GRPC_STATUS", Argument.OPTIONAL, false, (c, _) -> grpcStatus(c.argument()));
        table.put("GRPC_STATUS_NUMBER", Argument.NONE, false, (_, _) -> grpcStatus("NUMBER"));
        table.plain("REQUEST_HEADERS_BYTES", new Number(info -> Facts.bytes(info.request)));
        table.plain("RESPONSE_HEADERS_BYTES", new Number(Facts::responseHeadBytes));
        table.plain(
                "RESPONSE_TRAILERS_BYTES", new Number(info -> Facts.bytes(info.responseTrailers)));
        table.plain(
                "LOCAL_REPLY_BODY",
                new Text(info ->
                        info.filterState().get(LocalReplyBody.KEY) instanceof String body
                                ? body
                                : ""));
        table.plain(
                "TRACE_ID",
                new Text(info -> info.span instanceof Span span ? span.traceId() : null));
        table.plain(
                "SPAN_ID", new Text(info -> info.span instanceof Span span ? span.spanId() : null));
    }

    private interface Lookup {
        @Nullable String get(StreamInfo info, String name);
    }

    private static void header(Operators.Table table, String name, Lookup lookup) {
        table.put(
                name,
                Argument.REQUIRED,
                true,
                (command, _) -> {
                    var header = header(command, lookup);
                    return new Text(header);
                });
    }

    private static Function<StreamInfo, @Nullable String> header(Command command, Lookup lookup)
            throws FormatFault {
        var names = command.argument().split("\\?", -1);
        if (names.length > 2) {
            throw new FormatFault(
                    "More than 1 alternative header specified in token: " + command.argument());
        }
        for (var name : names) {
            if (name.indexOf('\n') >= 0 || name.indexOf('\r') >= 0 || name.indexOf('\0') >= 0) {
                throw new FormatFault(
                        "Invalid header configuration. Format string contains invalid characters.");
            }
        }
        var main = Ascii.lower(names[0]);
        var other = names.length > 1 ? Ascii.lower(names[1]) : "";
        return info -> {
            var value = lookup.get(info, main);
            return value == null && !other.isEmpty() ? lookup.get(info, other) : value;
        };
    }

    /// The first value of a header, as access logs print it.
    private static @Nullable String requestHeader(StreamInfo info, String name) {
        var request = info.request;
        if (request == null) {
            return null;
        }
        return name.startsWith(":") || name.equals("host")
                ? request.get(name)
                : request.headers().get(name);
    }

    private static @Nullable String responseHeader(StreamInfo info, String name) {
        var response = info.response;
        if (response == null) {
            return null;
        }
        return name.equals(":status")
                ? Integer.toString(response.status())
                : response.headers().get(name);
    }

    private static @Nullable String first(@Nullable Headers headers, String name) {
        return headers == null ? null : headers.get(name);
    }

    private static @Nullable String map(@Nullable String text, Mapping mapping) {
        return text == null ? null : mapping.apply(text);
    }

    private interface Mapping {
        @Nullable String apply(String text);
    }

    private static @Nullable String originalOrPath(StreamInfo info) {
        var original = requestHeader(info, ORIGINAL_PATH);
        return original == null ? requestHeader(info, ":path") : original;
    }

    private static Operator path(Command command) throws FormatFault {
        var parts = command.argument().split(":", -1);
        boolean query =
                switch (parts[0]) {
                    case "", "WQ" -> true;
                    case "NQ" -> false;
                    default ->
                            throw new FormatFault(
                                    "Invalid PATH option: '"
                                            + parts[0]
                                            + "', only 'WQ'/'NQ' are allowed");
                };
        Function<StreamInfo, @Nullable String> path =
                switch (parts.length > 1 ? parts[1] : "") {
                    case "", "ORIG_OR_PATH" -> HttpOperators::originalOrPath;
                    case "PATH" -> info -> requestHeader(info, ":path");
                    case "ORIG" -> info -> requestHeader(info, ORIGINAL_PATH);
                    default ->
                            throw new FormatFault(
                                    "Invalid PATH option: '"
                                            + parts[1]
                                            + "', only 'ORIG'/'PATH'/'ORIG_OR_PATH' are allowed");
                };
        return query
                ? new Text(path)
                : new Text(info -> map(path.apply(info), Facts::withoutQuery));
    }

    private static @Nullable String query(String path) {
        int at = path.indexOf('?');
        return at < 0 ? null : path.substring(at + 1);
    }

    private static Operator parameter(Command command) {
        var name = Ascii.octets(command.argument());
        return new Text(info -> {
            var query = map(originalOrPath(info), HttpOperators::query);
            return query == null ? null : parameter(query, name);
        });
    }

    private static @Nullable String parameter(String query, String name) {
        int at = 0;
        while (at <= query.length()) {
            int end = query.indexOf('&', at);
            end = end < 0 ? query.length() : end;
            if (query.startsWith(name, at)) {
                int after = at + name.length();
                if (after == end) {
                    return "";
                }
                if (after < end && query.charAt(after) == '=') {
                    return query.substring(after + 1, end);
                }
            }
            at = end + 1;
        }
        return null;
    }

    private static Operator grpcStatus(String style) throws FormatFault {
        var names =
                switch (style) {
                    case "", "CAMEL_STRING" -> CAMEL;
                    case "SNAKE_STRING" -> SNAKE;
                    case "NUMBER" -> new String[0];
                    default ->
                            throw new FormatFault(
                                    "GrpcStatusFormatter only supports CAMEL_STRING, SNAKE_STRING"
                                            + " or NUMBER.");
                };
        if (names.length == 0) {
            return new Number(info -> {
                int status = Facts.isGrpc(info.request) ? Facts.grpcStatus(info) : -1;
                return status < 0 ? Basic.NONE : status;
            });
        }
        return new Text(info -> {
            int status = Facts.isGrpc(info.request) ? Facts.grpcStatus(info) : -1;
            if (status < 0) {
                return null;
            }
            return status < names.length ? names[status] : Integer.toString(status);
        });
    }
}
