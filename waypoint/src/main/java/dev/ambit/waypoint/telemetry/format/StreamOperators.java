package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.format.Basic.Number;
import dev.ambit.waypoint.telemetry.format.Basic.Present;
import dev.ambit.waypoint.telemetry.format.Basic.Text;
import dev.ambit.waypoint.telemetry.format.Operators.Argument;
import dev.ambit.waypoint.upstream.ClusterFacts;
import org.jspecify.annotations.Nullable;

/// Codes, flags, bytes, names: what is the exchange's own.
final class StreamOperators {
    private StreamOperators() {}

    static void fill(Operators.Table table) {
        bytes(table);
        outcome(table);
        names(table);
        table.plain("CONNECTION_ID", new Number(info -> info.connection().id()));
        table.plain("UPSTREAM_CONNECTION_ID", new Number(_ -> 0));
        table.plain("UPSTREAM_REQUEST_ATTEMPT_COUNT", new Number(info -> info.attempts));
        table.plain("STREAM_ID", new Present(info -> info.requestId));
        table.put(
                "UNIQUE_ID",
                Argument.NONE,
                false,
                (_, context) -> new Text(_ -> context.process().uuid().get()));
        table.put(
                "HOSTNAME",
                Argument.NONE,
                false,
                (_, context) -> {
                    var name = context.process().hostname();
                    return new Text(_ -> name);
                });
        table.put(
                "FILTER_CHAIN_NAME",
                Argument.NONE,
                false,
                (_, context) -> new Present(_ -> context.chain()));
        table.put(
                "ACCESS_LOG_TYPE",
                Argument.NONE,
                false,
                (_, context) -> new Basic.Literal(context.type()));
        table.put(
                "ENVIRONMENT",
                Argument.REQUIRED,
                true,
                (command, context) -> {
                    var value = context.process().environment().apply(command.argument());
                    return new Basic.Literal(value == null ? "-" : Ascii.octets(value));
                });
    }

    private static void bytes(Operators.Table table) {
        table.plain("BYTES_RECEIVED", new Number(info -> info.bytesReceived));
        table.plain("BYTES_SENT", new Number(info -> info.bytesSent));
        table.plain("BYTES_RETRANSMITTED", new Number(_ -> 0));
        table.plain("PACKETS_RETRANSMITTED", new Number(_ -> 0));
        table.plain(
                "UPSTREAM_WIRE_BYTES_RECEIVED", new Number(info -> info.upstreamWireBytesReceived));
        table.plain("UPSTREAM_WIRE_BYTES_SENT", new Number(info -> info.upstreamWireBytesSent));
        table.plain("DOWNSTREAM_WIRE_BYTES_RECEIVED", new Number(info -> info.wireBytesReceived));
        table.plain("DOWNSTREAM_WIRE_BYTES_SENT", new Number(info -> info.wireBytesSent));
        // Framing is counted with the head: only the whole and the body are metered.
        table.plain(
                "UPSTREAM_HEADER_BYTES_RECEIVED",
                new Number(info -> rest(info.upstreamWireBytesReceived, info.bytesSent)));
        table.plain(
                "UPSTREAM_HEADER_BYTES_SENT",
                new Number(info -> rest(info.upstreamWireBytesSent, info.bytesReceived)));
        table.plain(
                "DOWNSTREAM_HEADER_BYTES_RECEIVED",
                new Number(info -> rest(info.wireBytesReceived, info.bytesReceived)));
        table.plain(
                "DOWNSTREAM_HEADER_BYTES_SENT",
                new Number(info -> rest(info.wireBytesSent, info.bytesSent)));
    }

    private static long rest(long wire, long body) {
        return Math.max(0, wire - body);
    }

    private static void outcome(Operators.Table table) {
        table.plain(
                "PROTOCOL", new Text(info -> info.version == null ? null : info.version.text()));
        table.plain(
                "UPSTREAM_PROTOCOL",
                new Text(
                        info -> info.upstreamVersion == null ? null : info.upstreamVersion.text()));
        table.plain("RESPONSE_CODE", new Number(info -> info.responseCode));
        table.put(
                "RESPONSE_CODE_DETAILS",
                Argument.OPTIONAL,
                false,
                (command, _) ->
                        command.argument().equals("ALLOW_WHITESPACES")
                                ? new Present(info -> info.responseCodeDetails)
                                : new Present(info -> underscored(info.responseCodeDetails)));
        table.plain("CONNECTION_TERMINATION_DETAILS", new Present(info -> info.terminationDetails));
        table.plain("RESPONSE_FLAGS", new Text(Facts::flags));
        table.plain("RESPONSE_FLAGS_LONG", new Text(StreamOperators::longFlags));
        table.plain("CUSTOM_FLAGS", new Basic.Literal(""));
        table.plain(
                "UPSTREAM_TRANSPORT_FAILURE_REASON",
                new Present(info -> underscored(info.upstreamTransportFailure)));
        table.plain("DOWNSTREAM_TRANSPORT_FAILURE_REASON", new Text(_ -> null));
        table.plain(
                "UPSTREAM_DETECTED_CLOSE_TYPE",
                new Text(info -> info.upstreamHost.isEmpty() ? null : "Normal"));
        table.plain("DOWNSTREAM_DETECTED_CLOSE_TYPE", new Basic.Literal("Normal"));
        table.plain("UPSTREAM_LOCAL_CLOSE_REASON", new Text(_ -> null));
        table.plain("DOWNSTREAM_LOCAL_CLOSE_REASON", new Text(_ -> null));
    }

    private static void names(Operators.Table table) {
        table.plain("ROUTE_NAME", new Present(info -> info.routeName));
        table.plain("VIRTUAL_CLUSTER_NAME", new Text(_ -> null));
        table.plain("UPSTREAM_SERVER_NAME", new Text(_ -> null));
        table.plain("UPSTREAM_CLUSTER_RAW", new Present(info -> info.clusterName));
        table.plain(
                "UPSTREAM_CLUSTER",
                new Present(info ->
                        info.cluster instanceof ClusterFacts facts && !facts.statName().isEmpty()
                                ? facts.statName()
                                : info.clusterName));
        table.put("REQUESTED_SERVER_NAME", Argument.OPTIONAL, false, (c, _) -> serverName(c));
    }

    private static Operator serverName(FormatParser.Command command) throws FormatFault {
        var parts = command.argument().split(":", -1);
        boolean original = parts.length > 1 && parts[1].equals("ORIG");
        return switch (parts[0]) {
            case "", "SNI_ONLY" -> new Present(info -> info.connection().serverName());
            case "SNI_FIRST" ->
                    new Text(info -> {
                        var sni = info.connection().serverName();
                        return sni.isEmpty() ? host(info, original) : sni;
                    });
            case "HOST_FIRST" ->
                    new Text(info -> {
                        var host = host(info, original);
                        var sni = info.connection().serverName();
                        return host != null || sni.isEmpty() ? host : sni;
                    });
            default ->
                    throw new FormatFault(
                            "Invalid REQUESTED_SERVER_NAME option: '"
                                    + parts[0]
                                    + "', only 'SNI_ONLY'/'SNI_FIRST'/'HOST_FIRST' are allowed");
        };
    }

    private static @Nullable String host(StreamInfo info, boolean original) {
        if (info.request == null) {
            return null;
        }
        return original
                ? info.request.headers().get("x-envoy-original-host")
                : info.request.get(":authority");
    }

    private static String longFlags(StreamInfo info) {
        if (info.flags().isEmpty()) {
            return "-";
        }
        var text = new StringBuilder();
        for (var flag : info.flags()) {
            if (!text.isEmpty()) {
                text.append(',');
            }
            text.append(Facts.longName(flag));
        }
        return text.toString();
    }

    private static String underscored(String text) {
        return text.indexOf(' ') < 0 ? text : text.replace(' ', '_');
    }
}
