package dev.ambit.waypoint.telemetry.trace;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.trace.FinishedSpan.Event;
import dev.ambit.waypoint.upstream.ClusterFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The tags of Envoy's spans.
///
/// @param nodeId of this proxy
/// @param zone that it is in; empty while it is not known
/// @param most octets of a value
public record SpanTags(String nodeId, Supplier<String> zone, int most) {
    private static final int NANOS_PER_MICRO = 1_000;
    private static final int SERVER_ERROR = 500;

    /// gRPC statuses that are the server's fault: unknown, deadline, unimplemented, internal,
    /// unavailable, data loss.
    private static final Set<String> GRPC_ERRORS = Set.of("2", "4", "12", "13", "14", "15");

    FinishedSpan finish(TraceConfig config, StreamInfo info, ActiveSpan span) {
        var tags = new LinkedHashMap<String, String>();
        tags.put("node_id", nodeId);
        tags.put("zone", zone.get());
        var request = info.request;
        if (request != null) {
            request(tags, request, info, config.maxPathTag());
        }
        tags.put("request_size", Long.toString(info.bytesReceived));
        tags.put("response_size", Long.toString(info.bytesSent));
        tags.put("component", "proxy");
        if (!info.clusterName.isEmpty()) {
            tags.put("upstream_cluster", info.clusterName);
            tags.put(
                    "upstream_cluster.name",
                    info.cluster instanceof ClusterFacts facts && !facts.statName().isEmpty()
                            ? facts.statName()
                            : info.clusterName);
        }
        tags.put("http.status_code", Integer.toString(info.responseCode));
        tags.put("response_flags", Facts.flags(info));
        boolean error = info.responseCode == 0 || info.responseCode >= SERVER_ERROR;
        if (Facts.isGrpc(request)) {
            error |= grpc(tags, info);
        }
        if (error) {
            tags.put("error", "true");
        }
        for (var tag : config.tags()) {
            var value = tag.value(info);
            if (value != null) {
                tags.put(tag.name(), value);
            }
        }
        tags.replaceAll((_, value) -> cut(value));
        return new FinishedSpan(
                span.context(),
                span.name(),
                info.startMicros,
                info.startMicros + (info.endNanos - info.startNanos) / NANOS_PER_MICRO,
                tags,
                config.verbose() ? events(info) : List.of(),
                error);
    }

    private String cut(String value) {
        return value.length() <= most ? value : value.substring(0, most);
    }

    private static void request(
            Map<String, String> tags, RequestHead request, StreamInfo info, int maxPath) {
        var headers = request.headers();
        if (!info.requestId.isEmpty()) {
            tags.put("guid:x-request-id", info.requestId);
        }
        var original = headers.get("x-envoy-original-path");
        var path = original == null ? request.path() : original;
        tags.put(
                "http.url",
                request.scheme()
                        + "://"
                        + request.authority()
                        + (path.length() <= maxPath ? path : path.substring(0, maxPath)));
        tags.put("http.method", request.method());
        tags.put("downstream_cluster", orDash(headers, "x-envoy-downstream-service-cluster"));
        tags.put("user_agent", orDash(headers, "user-agent"));
        tags.put("http.protocol", info.version == null ? "-" : info.version.text());
        tags.put("peer.address", Facts.ip(info.connection().remote()));
        var client = headers.get("x-client-trace-id");
        if (client != null) {
            tags.put("guid:x-client-trace-id", client);
        }
        if (Facts.isGrpc(request)) {
            tags.put("grpc.path", request.path());
            tags.put("grpc.authority", request.authority());
            put(tags, "grpc.timeout", headers.get("grpc-timeout"));
        }
    }

    private static String orDash(Headers headers, String name) {
        var value = headers.get(name);
        return value == null ? "-" : value;
    }

    private static void put(Map<String, String> tags, String name, @Nullable String value) {
        if (value != null) {
            tags.put(name, value);
        }
    }

    /// @return whether the status is the server's fault
    private static boolean grpc(Map<String, String> tags, StreamInfo info) {
        var from = info.responseTrailers;
        if (from == null || !from.contains("grpc-status")) {
            from = info.response == null ? null : info.response.headers();
        }
        if (from == null) {
            return false;
        }
        put(tags, "grpc.status_code", from.get("grpc-status"));
        put(tags, "grpc.message", from.get("grpc-message"));
        var status = from.get("grpc-status");
        return status != null && GRPC_ERRORS.contains(status);
    }

    private static List<Event> events(StreamInfo info) {
        var events = new ArrayList<Event>();
        add(events, info, info.requestEndNanos, "last_downstream_rx_byte_received");
        add(events, info, info.upstreamFirstSentNanos, "first_upstream_tx_byte_sent");
        add(events, info, info.upstreamLastSentNanos, "last_upstream_tx_byte_sent");
        add(events, info, info.upstreamFirstReceivedNanos, "first_upstream_rx_byte_received");
        add(events, info, info.upstreamLastReceivedNanos, "last_upstream_rx_byte_received");
        add(events, info, info.downstreamFirstSentNanos, "first_downstream_tx_byte_sent");
        add(events, info, info.downstreamLastSentNanos, "last_downstream_tx_byte_sent");
        return events;
    }

    private static void add(List<Event> events, StreamInfo info, long nanos, String name) {
        if (nanos != 0) {
            long after = (nanos - info.startNanos) / NANOS_PER_MICRO;
            events.add(new Event(info.startMicros + after, name));
        }
    }
}
