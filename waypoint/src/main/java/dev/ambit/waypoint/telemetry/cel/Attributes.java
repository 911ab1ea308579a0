package dev.ambit.waypoint.telemetry.cel;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.PeerMetadata;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Envoy's attributes: `request.path`, `response.code`, and so on. What is not known of an exchange
/// is missing, which makes the expression an error.
/// <https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/attributes>
final class Attributes {
    static final List<String> ROOTS =
            List.of(
                    "request",
                    "response",
                    "connection",
                    "source",
                    "destination",
                    "upstream",
                    "metadata",
                    "filter_state",
                    "upstream_filter_state",
                    "xds",
                    "downstream_peer",
                    "upstream_peer");

    private final ExpressionContext context;

    Attributes(ExpressionContext context) {
        this.context = context;
    }

    /// The value of a root that is no map of attributes, or of one attribute; null for none.
    @Nullable Object get(String root, String name, StreamInfo info) {
        return switch (root) {
            case "request" -> request(name, info);
            case "response" -> response(name, info);
            case "connection" -> connection(name, info);
            case "source" -> address(name, info.remote());
            case "destination" -> {
                var address = info.connection().originalDst();
                yield address == null ? null : address(name, address);
            }
            case "upstream" -> upstream(name, info);
            case "metadata" -> name.equals("filter_metadata") ? info.dynamicMetadata() : null;
            case "filter_state" -> state(Facts.filterState(info, name));
            case "xds" -> xds(name, info);
            case "downstream_peer" -> peer(Facts.downstreamPeer(info), name);
            case "upstream_peer" -> peer(Facts.upstreamPeer(info), name);
            default -> null;
        };
    }

    private static @Nullable Object peer(@Nullable PeerMetadata peer, String name) {
        return peer == null ? null : name.equals("labels") ? Map.of() : peer.field(name);
    }

    private static @Nullable Object state(@Nullable Object state) {
        return switch (state) {
            case null -> null;
            case PeerMetadata peer -> peerMap(peer);
            default -> state;
        };
    }

    private static Map<String, Object> peerMap(PeerMetadata peer) {
        var fields = peer.fields();
        fields.put("labels", Map.of());
        return fields;
    }

    private static @Nullable Object request(String name, StreamInfo info) {
        var head = info.request;
        return switch (name) {
            case "size" -> requestSize(info);
            case "total_size" -> info.bytesReceived + Facts.bytes(head);
            case "time" -> Instant.EPOCH.plus(info.startMicros, ChronoUnit.MICROS);
            case "duration" ->
                    info.endNanos == 0 ? null : Duration.ofNanos(info.endNanos - info.startNanos);
            case "protocol" -> info.version == null ? null : info.version.text();
            case "headers" -> head == null ? Map.of() : headers(head);
            default -> head == null ? null : requestHead(name, head);
        };
    }

    private static long requestSize(StreamInfo info) {
        var length = info.request == null ? null : info.request.headers().get("content-length");
        if (length != null) {
            try {
                return Long.parseLong(length);
            } catch (NumberFormatException malformed) {
                // Then what came counts.
            }
        }
        return info.bytesReceived;
    }

    private static @Nullable Object requestHead(String name, RequestHead head) {
        return switch (name) {
            case "path" -> text(head.get(":path"));
            case "url_path" -> text(Facts.withoutQuery(head.path()));
            case "query" -> {
                int query = head.path().indexOf('?');
                yield query < 0 ? "" : text(head.path().substring(query + 1));
            }
            case "host" -> text(head.get(":authority"));
            case "scheme" -> head.scheme();
            case "method" -> head.method();
            case "referer" -> text(head.headers().get("referer"));
            case "useragent" -> text(head.headers().get("user-agent"));
            case "id" -> text(head.headers().get("x-request-id"));
            default -> null;
        };
    }

    private static Map<String, Object> headers(RequestHead head) {
        var all = headers(head.headers());
        for (var name : List.of(":method", ":path", ":authority", ":scheme")) {
            var value = text(head.get(name));
            if (value != null) {
                all.put(name, value);
            }
        }
        return all;
    }

    private static Map<String, Object> headers(@Nullable Headers headers) {
        var all = new HashMap<String, Object>();
        if (headers != null) {
            headers.forEach((name, value) -> {
                var text = text(value);
                if (text != null) {
                    all.merge(name, text, (one, two) -> one + "," + two);
                }
            });
        }
        return all;
    }

    /// Octets as text.
    private static @Nullable String text(@Nullable String octets) {
        if (octets == null) {
            return null;
        }
        for (int at = 0; at < octets.length(); at++) {
            if (octets.charAt(at) >= 128) {
                return new String(
                        octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            }
        }
        return octets;
    }

    private static @Nullable Object response(String name, StreamInfo info) {
        return switch (name) {
            case "code" -> info.responseCode == 0 ? null : (Object) (long) info.responseCode;
            case "code_details" ->
                    info.responseCodeDetails.isEmpty() ? null : info.responseCodeDetails;
            case "flags" -> Facts.flagBits(info);
            case "grpc_status" -> {
                int status = Facts.grpcStatus(info);
                yield status == Facts.NO_STATUS ? null : (Object) (long) status;
            }
            case "headers" -> headers(info.response == null ? null : info.response.headers());
            case "trailers" -> headers(info.responseTrailers);
            case "size" -> info.bytesSent;
            case "total_size" ->
                    info.bytesSent
                            + Facts.responseHeadBytes(info)
                            + Facts.bytes(info.responseTrailers);
            case "backend_latency" ->
                    info.upstreamFirstSentNanos == 0 || info.upstreamLastReceivedNanos == 0
                            ? null
                            : Duration.ofNanos(
                                    info.upstreamLastReceivedNanos - info.upstreamFirstSentNanos);
            default -> null;
        };
    }

    private @Nullable Object connection(String name, StreamInfo info) {
        var connection = info.connection();
        boolean mutual = context.ownTls() && !connection.peerPrincipal().isEmpty();
        return switch (name) {
            case "mtls" -> mutual;
            case "id" -> connection.id();
            case "requested_server_name" -> connection.serverName();
            case "tls_version" -> mutual ? "TLSv1.3" : null;
            case "uri_san_peer_certificate" -> mutual ? connection.peerPrincipal() : null;
            case "uri_san_local_certificate" -> mutual ? connection.localPrincipal() : null;
            case "termination_details" ->
                    info.terminationDetails.isEmpty() ? null : info.terminationDetails;
            case "transport_failure_reason" -> "";
            default -> null;
        };
    }

    private static @Nullable Object address(String name, InetSocketAddress address) {
        return switch (name) {
            case "address" -> Facts.text(address);
            case "port" -> (long) address.getPort();
            default -> null;
        };
    }

    private static @Nullable Object upstream(String name, StreamInfo info) {
        if (name.equals("request_attempt_count")) {
            return (long) info.attempts;
        }
        if (info.upstreamHost.isEmpty()) {
            return null;
        }
        return switch (name) {
            case "address" -> info.upstreamHost;
            case "port" -> {
                int port = Facts.port(info.upstreamHost);
                yield port < 0 ? null : (Object) (long) port;
            }
            case "local_address" -> {
                var local = Facts.upstreamLocal(info);
                yield local.isEmpty() ? null : local;
            }
            case "transport_failure_reason" -> info.upstreamTransportFailure;
            case "cx_pool_ready_duration" ->
                    info.upstreamFirstSentNanos == 0
                            ? null
                            : Duration.ofNanos(info.upstreamFirstSentNanos - info.startNanos);
            default -> null;
        };
    }

    private @Nullable Object xds(String name, StreamInfo info) {
        return switch (name) {
            case "node" -> context.node();
            case "cluster_name" -> info.clusterName.isEmpty() ? null : info.clusterName;
            case "cluster_metadata" -> filterMetadata(Facts.clusterMetadata(info));
            case "route_name" -> info.routeName.isEmpty() ? null : info.routeName;
            case "route_metadata" -> filterMetadata(info.routeMetadata);
            case "filter_chain_name" -> context.chain();
            case "listener_metadata" -> filterMetadata(context.listenerMetadata());
            case "listener_direction" -> 1L;
            default -> null;
        };
    }

    private static Map<String, Object> filterMetadata(Map<String, Map<String, Object>> metadata) {
        return Map.of("filter_metadata", metadata);
    }

    /// All attributes of a root, for expressions that take it as a whole.
    static List<String> names(String root) {
        return switch (root) {
            case "request" ->
                    List.of(
                            "path",
                            "url_path",
                            "query",
                            "host",
                            "scheme",
                            "method",
                            "referer",
                            "useragent",
                            "id",
                            "size",
                            "total_size",
                            "time",
                            "duration",
                            "protocol",
                            "headers");
            case "response" ->
                    List.of(
                            "code",
                            "code_details",
                            "flags",
                            "grpc_status",
                            "headers",
                            "trailers",
                            "size",
                            "total_size",
                            "backend_latency");
            case "connection" ->
                    List.of(
                            "mtls",
                            "id",
                            "requested_server_name",
                            "tls_version",
                            "uri_san_peer_certificate",
                            "uri_san_local_certificate",
                            "termination_details",
                            "transport_failure_reason");
            case "source", "destination" -> List.of("address", "port");
            case "upstream" ->
                    List.of(
                            "address",
                            "port",
                            "local_address",
                            "transport_failure_reason",
                            "request_attempt_count",
                            "cx_pool_ready_duration");
            case "metadata" -> List.of("filter_metadata");
            case "xds" ->
                    List.of(
                            "node",
                            "cluster_name",
                            "cluster_metadata",
                            "route_name",
                            "route_metadata",
                            "filter_chain_name",
                            "listener_metadata",
                            "listener_direction");
            default -> List.of();
        };
    }

    /// The names that a root has for this exchange.
    List<String> present(String root, StreamInfo info) {
        var names = new ArrayList<String>();
        switch (root) {
            case "filter_state" -> {
                names.addAll(info.filterState().keySet());
                names.addAll(
                        List.of(
                                "io.istio.peer_principal",
                                "io.istio.local_principal",
                                "downstream_peer",
                                "upstream_peer"));
            }
            case "downstream_peer", "upstream_peer" -> {
                var peer =
                        root.equals("downstream_peer")
                                ? Facts.downstreamPeer(info)
                                : Facts.upstreamPeer(info);
                if (peer != null) {
                    names.addAll(peerMap(peer).keySet());
                }
            }
            default -> names.addAll(names(root));
        }
        names.removeIf(name -> get(root, name, info) == null);
        return names;
    }
}
