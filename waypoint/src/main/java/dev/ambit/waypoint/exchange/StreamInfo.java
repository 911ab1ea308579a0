package dev.ambit.waypoint.exchange;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What becomes known of one exchange, or of one TCP connection, for policies, formats and metrics.
/// One writer, on its loop; plain fields, since this is on the path of every request. Instants are
/// nanoseconds of the monotonic clock, 0 for what has not happened.
public final class StreamInfo {
    private final ConnectionInfo connection;

    /// Wall clock at the start, microseconds since the epoch.
    public final long startMicros;

    public final long startNanos;
    public long requestEndNanos;
    public long upstreamFirstSentNanos;
    public long upstreamLastSentNanos;
    public long upstreamFirstReceivedNanos;
    public long upstreamLastReceivedNanos;
    public long downstreamFirstSentNanos;
    public long downstreamLastSentNanos;
    public long endNanos;

    /// Body bytes, as `%BYTES_RECEIVED%` and `%BYTES_SENT%`; of TCP all bytes.
    public long bytesReceived;

    public long bytesSent;

    /// With heads and framing.
    public long wireBytesReceived;

    public long wireBytesSent;
    public long upstreamWireBytesReceived;
    public long upstreamWireBytesSent;

    /// Null for TCP.
    public @Nullable HttpVersion version;

    /// As it stands now, changed by stages and the route.
    public @Nullable RequestHead request;

    /// As it came, before rewrites (`x-envoy-original-path`).
    public String originalPath = "";

    public @Nullable ResponseHead response;
    public @Nullable Headers requestTrailers;
    public @Nullable Headers responseTrailers;

    /// 0 until there is one; with a downstream that left before, it stays 0.
    public int responseCode;

    /// `%RESPONSE_CODE_DETAILS%`; Envoy's words, as `via_upstream`.
    public String responseCodeDetails = "";

    /// `%CONNECTION_TERMINATION_DETAILS%`.
    public String terminationDetails = "";

    public String routeName = "";

    /// Name of the cluster that the route chose; empty for none.
    public String clusterName = "";

    /// `%UPSTREAM_HOST%`; empty for none.
    public String upstreamHost = "";

    public String upstreamLocalAddress = "";
    public String upstreamTransportFailure = "";
    public @Nullable HttpVersion upstreamVersion;

    /// Attempts made, the first included.
    public int attempts;

    /// Facts about the chosen cluster and host for telemetry (service, workload); opaque elsewhere.
    public @Nullable Object upstreamPeer;

    /// The `ClusterFacts` of `clusterName`, set with it, whether or not a host is found there.
    public @Nullable Object cluster;

    /// At the far end of the last attempt's tunnel; null where there is none.
    public @Nullable TunnelPeer tunnelPeer;

    /// The `UpstreamHost` of the last attempt.
    public @Nullable Object host;

    /// `filter_metadata` of the route; values as those of `dynamicMetadata`.
    public Map<String, Map<String, Object>> routeMetadata = Map.of();

    /// Where the request comes from by `x-forwarded-for`, with port 0; null where that says nothing
    /// and the connection's own address holds.
    public @Nullable InetSocketAddress forwardedRemote;

    public String requestId = "";
    public boolean grpc;

    /// What the response tells the caller of its route's decorator; empty for nothing.
    public String decoratedOperation = "";

    /// What the tracer began for this exchange; opaque elsewhere.
    public @Nullable Object span;

    private @Nullable Set<ResponseFlag> flags;
    private @Nullable Map<String, Map<String, Object>> dynamicMetadata;
    private @Nullable Map<String, Object> filterState;

    public StreamInfo(ConnectionInfo connection, long startMicros, long startNanos) {
        this.connection = connection;
        this.startMicros = startMicros;
        this.startNanos = startNanos;
    }

    public ConnectionInfo connection() {
        return connection;
    }

    /// `%DOWNSTREAM_REMOTE_ADDRESS%`, `remote_ip` of policies.
    public InetSocketAddress remote() {
        return forwardedRemote == null ? connection.remote() : forwardedRemote;
    }

    public void flag(ResponseFlag flag) {
        if (flags == null) {
            flags = new LinkedHashSet<>(4);
        }
        flags.add(flag);
    }

    /// In the order in which they were raised, as Envoy prints them.
    public Set<ResponseFlag> flags() {
        return flags == null ? Set.of() : flags;
    }

    /// By namespace (a filter's name), then key. Values are those of JSON: `String`, `Double`,
    /// `Boolean`, `List`, `Map`, and null left out.
    public Map<String, Map<String, Object>> dynamicMetadata() {
        return dynamicMetadata == null ? Map.of() : dynamicMetadata;
    }

    public void dynamicMetadata(String namespace, String key, Object value) {
        if (dynamicMetadata == null) {
            dynamicMetadata = new HashMap<>();
        }
        dynamicMetadata.computeIfAbsent(namespace, _ -> new HashMap<>()).put(key, value);
    }

    public Map<String, Object> filterState() {
        return filterState == null ? Map.of() : filterState;
    }

    public void filterState(String key, Object value) {
        if (filterState == null) {
            filterState = new HashMap<>();
        }
        filterState.put(key, value);
    }
}
