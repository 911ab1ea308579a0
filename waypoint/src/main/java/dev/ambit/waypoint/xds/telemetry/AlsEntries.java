package dev.ambit.waypoint.xds.telemetry;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UInt32Value;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.PeerMetadata;
import dev.ambit.waypoint.telemetry.trace.SpanTag;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.EnvoyInternalAddress;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.RequestMethod;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.data.accesslog.v3.AccessLogCommon;
import io.envoyproxy.envoy.data.accesslog.v3.AccessLogType;
import io.envoyproxy.envoy.data.accesslog.v3.ConnectionProperties;
import io.envoyproxy.envoy.data.accesslog.v3.HTTPAccessLogEntry;
import io.envoyproxy.envoy.data.accesslog.v3.HTTPRequestProperties;
import io.envoyproxy.envoy.data.accesslog.v3.HTTPResponseProperties;
import io.envoyproxy.envoy.data.accesslog.v3.ResponseFlags;
import io.envoyproxy.envoy.data.accesslog.v3.ResponseFlags.Unauthorized;
import io.envoyproxy.envoy.data.accesslog.v3.TCPAccessLogEntry;
import io.envoyproxy.envoy.data.accesslog.v3.TLSProperties;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Entries of Envoy's access log service.
///
/// @param filterState keys of objects to add
/// @param tags to add
/// @param requestHeaders names in lower case
/// @param responseHeaders names in lower case
/// @param responseTrailers names in lower case
record AlsEntries(
        List<String> filterState,
        List<SpanTag> tags,
        List<String> requestHeaders,
        List<String> responseHeaders,
        List<String> responseTrailers) {
    private static final int MICROS = 1_000_000;
    private static final int NANOS_PER_MICRO = 1_000;
    private static final long NANOS = 1_000_000_000L;
    private static final String INTERNAL = "envoy://";

    byte[] http(StreamInfo info) {
        var entry =
                HTTPAccessLogEntry.newBuilder()
                        .setCommonProperties(common(info, AccessLogType.DownstreamEnd));
        if (info.version != null) {
            entry.setProtocolVersion(
                    switch (info.version) {
                        case HTTP_1_0 -> HTTPAccessLogEntry.HTTPVersion.HTTP10;
                        case HTTP_1_1 -> HTTPAccessLogEntry.HTTPVersion.HTTP11;
                        case HTTP_2 -> HTTPAccessLogEntry.HTTPVersion.HTTP2;
                    });
        }
        return entry.setRequest(request(info)).setResponse(response(info)).build().toByteArray();
    }

    byte[] tcp(StreamInfo info) {
        return TCPAccessLogEntry.newBuilder()
                .setCommonProperties(common(info, AccessLogType.TcpConnectionEnd))
                .setConnectionProperties(
                        ConnectionProperties.newBuilder()
                                .setReceivedBytes(info.bytesReceived)
                                .setSentBytes(info.bytesSent))
                .build()
                .toByteArray();
    }

    private HTTPRequestProperties request(StreamInfo info) {
        var to = HTTPRequestProperties.newBuilder().setRequestBodyBytes(info.bytesReceived);
        RequestHead head = info.request;
        if (head == null) {
            return to.build();
        }
        to.setScheme(head.scheme());
        to.setAuthority(Plain.text(head.authority()));
        to.setPath(Plain.text(head.path()));
        var headers = head.headers();
        set(headers, "user-agent", to::setUserAgent);
        set(headers, "referer", to::setReferer);
        set(headers, "x-forwarded-for", to::setForwardedFor);
        set(headers, "x-request-id", to::setRequestId);
        set(headers, "x-envoy-original-path", to::setOriginalPath);
        to.setRequestHeadersBytes(Facts.bytes(head));
        to.setDownstreamHeaderBytesReceived(
                Math.max(0, info.wireBytesReceived - info.bytesReceived));
        to.setUpstreamHeaderBytesSent(Math.max(0, info.upstreamWireBytesSent - info.bytesReceived));
        to.setRequestMethod(method(head.method()));
        for (var name : requestHeaders) {
            var value = head.get(name);
            if (value != null) {
                to.putRequestHeaders(name, Plain.text(value));
            }
        }
        return to.build();
    }

    private static RequestMethod method(String name) {
        return switch (name) {
            case "GET" -> RequestMethod.GET;
            case "HEAD" -> RequestMethod.HEAD;
            case "POST" -> RequestMethod.POST;
            case "PUT" -> RequestMethod.PUT;
            case "DELETE" -> RequestMethod.DELETE;
            case "CONNECT" -> RequestMethod.CONNECT;
            case "OPTIONS" -> RequestMethod.OPTIONS;
            case "TRACE" -> RequestMethod.TRACE;
            case "PATCH" -> RequestMethod.PATCH;
            default -> RequestMethod.METHOD_UNSPECIFIED;
        };
    }

    private static void set(
            Headers headers, String name, java.util.function.Consumer<String> setter) {
        var value = headers.get(name);
        if (value != null) {
            setter.accept(Plain.text(value));
        }
    }

    private HTTPResponseProperties response(StreamInfo info) {
        var to =
                HTTPResponseProperties.newBuilder()
                        .setResponseBodyBytes(info.bytesSent)
                        .setResponseHeadersBytes(Facts.responseHeadBytes(info))
                        .setDownstreamHeaderBytesSent(
                                Math.max(0, info.wireBytesSent - info.bytesSent))
                        .setUpstreamHeaderBytesReceived(
                                Math.max(0, info.upstreamWireBytesReceived - info.bytesSent));
        if (info.responseCode != 0) {
            to.setResponseCode(UInt32Value.of(info.responseCode));
        }
        to.setResponseCodeDetails(info.responseCodeDetails);
        var response = info.response;
        if (response != null) {
            put(response.headers(), responseHeaders, to::putResponseHeaders);
        }
        put(info.responseTrailers, responseTrailers, to::putResponseTrailers);
        return to.build();
    }

    private static void put(
            @Nullable Headers headers, List<String> names, BiConsumer<String, String> to) {
        if (headers != null) {
            for (var name : names) {
                var value = headers.joined(name);
                if (value != null) {
                    to.accept(name, Plain.text(value));
                }
            }
        }
    }

    private AccessLogCommon common(StreamInfo info, AccessLogType type) {
        var to = AccessLogCommon.newBuilder().setAccessLogType(type);
        to.setDownstreamRemoteAddress(address(info.remote()));
        to.setDownstreamDirectRemoteAddress(address(info.connection().remote()));
        var local = info.connection().originalDst();
        if (local != null) {
            to.setDownstreamLocalAddress(address(local));
        }
        if (!info.connection().serverName().isEmpty()) {
            to.setTlsProperties(
                    TLSProperties.newBuilder().setTlsSniHostname(info.connection().serverName()));
        }
        to.setStartTime(
                Timestamp.newBuilder()
                        .setSeconds(Math.floorDiv(info.startMicros, MICROS))
                        .setNanos(
                                (int) Math.floorMod(info.startMicros, (long) MICROS)
                                        * NANOS_PER_MICRO));
        times(info, to);
        if (!info.upstreamHost.isEmpty()) {
            to.setUpstreamRemoteAddress(address(info.upstreamHost));
        }
        to.setUpstreamCluster(info.clusterName);
        var upstreamLocal = Facts.upstreamLocal(info);
        if (!upstreamLocal.isEmpty()) {
            to.setUpstreamLocalAddress(address(upstreamLocal));
        }
        to.setUpstreamTransportFailureReason(info.upstreamTransportFailure);
        to.setRouteName(info.routeName);
        to.setUpstreamRequestAttemptCount(info.attempts);
        to.setConnectionTerminationDetails(info.terminationDetails);
        to.setStreamId(info.requestId);
        to.setDownstreamWireBytesReceived(info.wireBytesReceived);
        to.setDownstreamWireBytesSent(info.wireBytesSent);
        to.setUpstreamWireBytesReceived(info.upstreamWireBytesReceived);
        to.setUpstreamWireBytesSent(info.upstreamWireBytesSent);
        if (!info.flags().isEmpty()) {
            var flags = ResponseFlags.newBuilder();
            info.flags().forEach(flag -> set(flags, flag));
            to.setResponseFlags(flags);
        }
        additions(info, to);
        return to.build();
    }

    private void additions(StreamInfo info, AccessLogCommon.Builder to) {
        if (!info.dynamicMetadata().isEmpty()) {
            var metadata = Metadata.newBuilder();
            info.dynamicMetadata()
                    .forEach((key, map) -> metadata.putFilterMetadata(key, Plain.struct(map)));
            to.setMetadata(metadata);
        }
        for (var key : filterState) {
            var state = Facts.filterState(info, key);
            if (state != null) {
                to.putFilterStateObjects(key, packed(state));
            }
        }
        for (var tag : tags) {
            var value = tag.value(info);
            if (value != null) {
                to.putCustomTags(tag.name(), Plain.text(value));
            }
        }
    }

    private static Any packed(Object state) {
        return switch (state) {
            case PeerMetadata peer -> Any.pack(Plain.struct(peer.fields()));
            case Map<?, ?> map -> Any.pack(Plain.struct(map));
            default -> Any.pack(com.google.protobuf.StringValue.of(state.toString()));
        };
    }

    private static void times(StreamInfo info, AccessLogCommon.Builder to) {
        if (info.endNanos != 0) {
            to.setDuration(since(info, info.endNanos));
        }
        if (info.requestEndNanos != 0) {
            to.setTimeToLastRxByte(since(info, info.requestEndNanos));
        }
        if (info.upstreamFirstSentNanos != 0) {
            to.setTimeToFirstUpstreamTxByte(since(info, info.upstreamFirstSentNanos));
        }
        if (info.upstreamLastSentNanos != 0) {
            to.setTimeToLastUpstreamTxByte(since(info, info.upstreamLastSentNanos));
        }
        if (info.upstreamFirstReceivedNanos != 0) {
            to.setTimeToFirstUpstreamRxByte(since(info, info.upstreamFirstReceivedNanos));
        }
        if (info.upstreamLastReceivedNanos != 0) {
            to.setTimeToLastUpstreamRxByte(since(info, info.upstreamLastReceivedNanos));
        }
        if (info.downstreamFirstSentNanos != 0) {
            to.setTimeToFirstDownstreamTxByte(since(info, info.downstreamFirstSentNanos));
        }
        if (info.downstreamLastSentNanos != 0) {
            to.setTimeToLastDownstreamTxByte(since(info, info.downstreamLastSentNanos));
        }
    }

    private static Duration since(StreamInfo info, long nanos) {
        long after = nanos - info.startNanos;
        return Duration.newBuilder()
                .setSeconds(after / NANOS)
                .setNanos((int) (after % NANOS))
                .build();
    }

    private static Address address(InetSocketAddress address) {
        return Address.newBuilder()
                .setSocketAddress(
                        SocketAddress.newBuilder()
                                .setAddress(Facts.ip(address))
                                .setPortValue(address.getPort()))
                .build();
    }

    /// `ip:port`, or `envoy://listener/endpoint`.
    private static Address address(String text) {
        if (text.startsWith(INTERNAL)) {
            int slash = text.indexOf('/', INTERNAL.length());
            int end = slash < 0 ? text.length() : slash;
            return Address.newBuilder()
                    .setEnvoyInternalAddress(
                            EnvoyInternalAddress.newBuilder()
                                    .setServerListenerName(text.substring(INTERNAL.length(), end))
                                    .setEndpointId(slash < 0 ? "" : text.substring(slash + 1)))
                    .build();
        }
        return Address.newBuilder()
                .setSocketAddress(
                        SocketAddress.newBuilder()
                                .setAddress(Facts.withoutPort(text))
                                .setPortValue(Math.max(0, Facts.port(text))))
                .build();
    }

    private static void set(ResponseFlags.Builder to, ResponseFlag flag) {
        switch (flag) {
            case FAILED_LOCAL_HEALTH_CHECK -> to.setFailedLocalHealthcheck(true);
            case NO_HEALTHY_UPSTREAM -> to.setNoHealthyUpstream(true);
            case UPSTREAM_REQUEST_TIMEOUT -> to.setUpstreamRequestTimeout(true);
            case LOCAL_RESET -> to.setLocalReset(true);
            case UPSTREAM_REMOTE_RESET -> to.setUpstreamRemoteReset(true);
            case UPSTREAM_CONNECTION_FAILURE -> to.setUpstreamConnectionFailure(true);
            case UPSTREAM_CONNECTION_TERMINATION -> to.setUpstreamConnectionTermination(true);
            case UPSTREAM_OVERFLOW -> to.setUpstreamOverflow(true);
            case NO_ROUTE_FOUND -> to.setNoRouteFound(true);
            case DELAY_INJECTED -> to.setDelayInjected(true);
            case FAULT_INJECTED -> to.setFaultInjected(true);
            case RATE_LIMITED -> to.setRateLimited(true);
            case UNAUTHORIZED_EXTERNAL_SERVICE ->
                    to.setUnauthorizedDetails(
                            Unauthorized.newBuilder()
                                    .setReason(Unauthorized.Reason.EXTERNAL_SERVICE));
            case RATE_LIMIT_SERVICE_ERROR -> to.setRateLimitServiceError(true);
            case DOWNSTREAM_CONNECTION_TERMINATION -> to.setDownstreamConnectionTermination(true);
            case UPSTREAM_RETRY_LIMIT_EXCEEDED -> to.setUpstreamRetryLimitExceeded(true);
            case STREAM_IDLE_TIMEOUT -> to.setStreamIdleTimeout(true);
            case INVALID_ENVOY_REQUEST_HEADERS -> to.setInvalidEnvoyRequestHeaders(true);
            case DOWNSTREAM_PROTOCOL_ERROR -> to.setDownstreamProtocolError(true);
            case UPSTREAM_MAX_STREAM_DURATION_REACHED ->
                    to.setUpstreamMaxStreamDurationReached(true);
            case RESPONSE_FROM_CACHE -> to.setResponseFromCacheFilter(true);
            case NO_FILTER_CONFIG_FOUND -> to.setNoFilterConfigFound(true);
            case DURATION_TIMEOUT -> to.setDurationTimeout(true);
            case UPSTREAM_PROTOCOL_ERROR -> to.setUpstreamProtocolError(true);
            case NO_CLUSTER_FOUND -> to.setNoClusterFound(true);
            case OVERLOAD_MANAGER -> to.setOverloadManager(true);
            case DNS_RESOLUTION_FAILED -> to.setDnsResolutionFailure(true);
            case DOWNSTREAM_REMOTE_RESET -> to.setDownstreamRemoteReset(true);
            case DROP_OVERLOAD, UNCONDITIONAL_DROP_OVERLOAD -> {
                // The service has no field for these.
            }
        }
    }
}
