package dev.ambit.waypoint.telemetry;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.UpstreamHost;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What formats, expressions, metrics and spans all say of an exchange, worked out in one place.
public final class Facts {
    /// Envoy's address of the near end of a connection inside the process.
    private static final String INTERNAL_CLIENT = "envoy://internal_client_address/";

    private static final String INTERNAL = "envoy://";
    private static final String GRPC = "application/grpc";

    /// No gRPC status.
    public static final int NO_STATUS = -1;

    private Facts() {}

    // ---- addresses

    /// `ip:port`, IPv6 in brackets.
    public static String text(InetSocketAddress address) {
        var ip = address.getAddress();
        if (ip == null) {
            return address.getHostString() + ":" + address.getPort();
        }
        var text = NetUtil.toAddressString(ip);
        return ip instanceof java.net.Inet6Address
                ? "[" + text + "]:" + address.getPort()
                : text + ":" + address.getPort();
    }

    public static String ip(InetSocketAddress address) {
        var ip = address.getAddress();
        return ip == null ? address.getHostString() : NetUtil.toAddressString(ip);
    }

    /// Whether the upstream was reached, so that there is a connection to speak of.
    public static boolean connected(StreamInfo info) {
        return info.upstreamFirstSentNanos != 0 || !info.upstreamLocalAddress.isEmpty();
    }

    /// `%UPSTREAM_LOCAL_ADDRESS%`; empty for none.
    public static String upstreamLocal(StreamInfo info) {
        if (info.upstreamLocalAddress.isEmpty()
                && connected(info)
                && info.upstreamHost.startsWith(INTERNAL)) {
            return INTERNAL_CLIENT;
        }
        return info.upstreamLocalAddress;
    }

    /// `%UPSTREAM_HOST_NAME%`; empty for none.
    public static String upstreamHostname(StreamInfo info) {
        if (info.host instanceof UpstreamHost host && !host.hostname().isEmpty()) {
            return host.hostname();
        }
        return info.upstreamHost;
    }

    public static String withoutPort(String address) {
        int colon = address.lastIndexOf(':');
        if (colon < 0 || address.startsWith(INTERNAL)) {
            return address;
        }
        var host = address.substring(0, colon);
        return host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host;
    }

    /// -1 for an address without one.
    public static int port(String address) {
        int colon = address.lastIndexOf(':');
        if (colon < 0 || address.startsWith(INTERNAL)) {
            return -1;
        }
        int port = 0;
        for (int at = colon + 1; at < address.length(); at++) {
            int digit = Character.digit(address.charAt(at), 10);
            if (digit < 0 || port > 0xffff) {
                return -1;
            }
            port = 10 * port + digit;
        }
        return port;
    }

    // ---- flags

    /// Short names, as `UF,URX`; `-` for none.
    public static String flags(StreamInfo info) {
        var flags = info.flags();
        if (flags.isEmpty()) {
            return "-";
        }
        if (flags.size() == 1) {
            return flags.iterator().next().text();
        }
        var text = new StringBuilder();
        for (var flag : flags) {
            if (!text.isEmpty()) {
                text.append(',');
            }
            text.append(flag.text());
        }
        return text.toString();
    }

    /// One bit a flag, in Envoy's order.
    public static long flagBits(StreamInfo info) {
        if (info.flags().isEmpty()) {
            return 0;
        }
        long bits = 0;
        for (var flag : info.flags()) {
            bits |= 1L << flag.ordinal();
        }
        return bits;
    }

    /// Envoy's long name of a flag.
    public static String longName(ResponseFlag flag) {
        return switch (flag) {
            case RESPONSE_FROM_CACHE -> "ResponseFromCacheFilter";
            case OVERLOAD_MANAGER -> "OverloadManagerTerminated";
            default -> {
                var name = new StringBuilder();
                for (var word : flag.name().split("_")) {
                    name.append(word.charAt(0))
                            .append(word.substring(1).toLowerCase(java.util.Locale.ROOT));
                }
                yield name.toString();
            }
        };
    }

    // ---- gRPC

    public static boolean isGrpc(@Nullable RequestHead request) {
        var type = request == null ? null : request.headers().get("content-type");
        return type != null
                && type.startsWith(GRPC)
                && (type.length() == GRPC.length() || type.charAt(GRPC.length()) == '+');
    }

    /// By trailers, head, or what the HTTP status maps to; `NO_STATUS` where there is none of
    /// these.
    public static int grpcStatus(StreamInfo info) {
        int status = grpcStatus(info.responseTrailers);
        if (status == NO_STATUS && info.response != null) {
            status = grpcStatus(info.response.headers());
        }
        if (status == NO_STATUS && info.responseCode != 0) {
            status = ofHttp(info.responseCode);
        }
        return status;
    }

    private static int grpcStatus(@Nullable Headers headers) {
        var text = headers == null ? null : headers.get("grpc-status");
        if (text == null) {
            return NO_STATUS;
        }
        if (text.isEmpty() || text.length() > 6) {
            return 2;
        }
        int status = 0;
        for (int at = 0; at < text.length(); at++) {
            int digit = Character.digit(text.charAt(at), 10);
            if (digit < 0) {
                return 2;
            }
            status = 10 * status + digit;
        }
        return status;
    }

    /// <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>
    private static int ofHttp(int status) {
        return switch (status) {
            case 400 -> 13;
            case 401 -> 16;
            case 403 -> 7;
            case 404 -> 12;
            case 429, 502, 503, 504 -> 14;
            default -> 2;
        };
    }

    // ---- sizes

    /// Of names and values; 0 for no head.
    public static long bytes(@Nullable RequestHead head) {
        if (head == null) {
            return 0;
        }
        long bytes = bytes(head.headers());
        bytes += 7 + head.method().length();
        bytes += 7 + head.scheme().length();
        bytes += head.authority().isEmpty() ? 0 : 10 + head.authority().length();
        bytes += head.path().isEmpty() ? 0 : 5 + head.path().length();
        return bytes;
    }

    public static long bytes(@Nullable Headers headers) {
        if (headers == null) {
            return 0;
        }
        long bytes = 0;
        for (int at = 0; at < headers.size(); at++) {
            bytes += headers.name(at).length() + headers.value(at).length();
        }
        return bytes;
    }

    public static long responseHeadBytes(StreamInfo info) {
        var response = info.response;
        return response == null ? 0 : 10 + bytes(response.headers());
    }

    // ---- paths

    public static String withoutQuery(String path) {
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    // ---- metadata

    /// `filter_metadata` of the cluster, as far as telemetry knows it.
    public static Map<String, Map<String, Object>> clusterMetadata(StreamInfo info) {
        if (!(info.cluster instanceof ClusterFacts facts)) {
            return Map.of();
        }
        var istio = new TreeMap<String, Object>();
        if (!facts.config().isEmpty()) {
            istio.put("config", facts.config());
        }
        if (!facts.subset().isEmpty()) {
            istio.put("subset", facts.subset());
        }
        if (!facts.services().isEmpty()) {
            var services = new ArrayList<Map<String, Object>>();
            for (var service : facts.services()) {
                services.add(
                        Map.of(
                                "host", service.host(),
                                "name", service.name(),
                                "namespace", service.namespace()));
            }
            istio.put("services", services);
        }
        return istio.isEmpty() ? Map.of() : Map.of("istio", istio);
    }

    /// What is at a path of keys; null where nothing is.
    public static @Nullable Object at(
            Map<String, Map<String, Object>> metadata, String namespace, List<String> path) {
        Object value = metadata.get(namespace);
        for (var key : path) {
            value = value instanceof Map<?, ?> map ? map.get(key) : null;
        }
        return value;
    }

    // ---- filter state

    /// A `String`, a `PeerMetadata` or what a stage put there; null where there is nothing.
    public static @Nullable Object filterState(StreamInfo info, String key) {
        var put = info.filterState().get(key);
        if (put != null) {
            return put;
        }
        var connection = info.connection();
        return switch (key) {
            case "io.istio.peer_principal" -> orNull(connection.peerPrincipal());
            case "io.istio.local_principal" -> orNull(connection.localPrincipal());
            case "io.istio.connect_authority" -> orNull(connection.connectAuthority());
            case "envoy.filters.listener.original_dst.local_ip" -> {
                var address = connection.originalDst();
                yield address == null ? null : text(address);
            }
            case "envoy.filters.listener.original_dst.remote_ip" -> text(connection.remote());
            case "downstream_peer", "downstream_peer_obj" -> connection.downstreamPeer();
            case "upstream_peer", "upstream_peer_obj" -> info.upstreamPeer;
            default -> null;
        };
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    public static @Nullable PeerMetadata downstreamPeer(StreamInfo info) {
        return info.connection().downstreamPeer() instanceof PeerMetadata peer ? peer : null;
    }

    public static @Nullable PeerMetadata upstreamPeer(StreamInfo info) {
        return info.upstreamPeer instanceof PeerMetadata peer ? peer : null;
    }
}
