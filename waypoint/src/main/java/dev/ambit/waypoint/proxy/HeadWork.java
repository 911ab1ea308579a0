package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.model.HttpOptions;
import dev.ambit.waypoint.stage.LocalReply;
import java.net.InetSocketAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the connection manager does to each request's head first, and what it refuses: Envoy's
/// `ConnectionManagerUtility` for a proxy that does not use the remote address, as istiod sets it
/// up, and for one that does.
final class HeadWork {
    /// Only a proxy that is trusted may set these, and callers of a waypoint are applications.
    private static final Set<String> INTERNAL =
            Set.of(
                    "x-envoy-internal",
                    "x-envoy-retry-on",
                    "x-envoy-retry-grpc-on",
                    "x-envoy-max-retries",
                    "x-envoy-upstream-alt-stat-name",
                    "x-envoy-upstream-rq-timeout-ms",
                    "x-envoy-upstream-rq-per-try-timeout-ms",
                    "x-envoy-upstream-rq-timeout-alt-response",
                    "x-envoy-expected-rq-timeout-ms",
                    "x-envoy-force-trace",
                    "x-envoy-ip-tags",
                    "x-envoy-original-url",
                    "x-envoy-hedge-on-per-try-timeout");

    /// At the edge of the mesh these are refused too.
    private static final Set<String> EDGE =
            Set.of(
                    "x-envoy-decorator-operation",
                    "x-envoy-downstream-service-cluster",
                    "x-envoy-downstream-service-node",
                    "x-envoy-original-path");

    private HeadWork() {}

    /// @return an answer for a request that goes no further; null for one that does
    static @Nullable LocalReply apply(
            RequestHead head, HttpOptions options, StreamInfo info, RequestIds ids) {
        if (head.authority().isEmpty()) {
            return LocalReply.of(400, "", "missing_host_header");
        }
        boolean connect = head.method().equals("CONNECT") && head.upgrade() == null;
        if (!connect) {
            if (head.path().isEmpty()) {
                return LocalReply.of(404, "", "missing_path_rejected");
            }
            if (head.path().charAt(0) != '/') {
                return LocalReply.of(404, "", "absolute_path_rejected");
            }
            var refused = PathWork.apply(head, options);
            if (refused != null) {
                return refused;
            }
        }
        stripHost(head, options, info.connection());
        var headers = head.headers();
        removeUntrusted(headers, options.useRemoteAddress());
        forwarded(head, options, info);
        if (!options.via().isEmpty()) {
            ResponseWork.appendVia(headers, options.via());
        }
        requestId(headers, options, info, ids);
        if (options.clientCert() != HttpOptions.ForwardedClientCert.ALWAYS_FORWARD_ONLY) {
            // No TLS connection of the caller carries the request itself: a tunnel carries it.
            headers.remove("x-forwarded-client-cert");
        }
        return null;
    }

    private static void removeUntrusted(Headers headers, boolean edge) {
        for (int at = 0; at < headers.size(); ) {
            var name = headers.name(at);
            if (name.startsWith("x-envoy-")
                    && (INTERNAL.contains(name) || (edge && EDGE.contains(name)))) {
                headers.remove(name);
            } else {
                at++;
            }
        }
    }

    private static void forwarded(RequestHead head, HttpOptions options, StreamInfo info) {
        var headers = head.headers();
        if (options.useRemoteAddress()) {
            fromConnection(headers, options, info);
        } else {
            var list = headers.joined("x-forwarded-for");
            if (list != null) {
                info.forwardedRemote = ForwardedFor.last(list, options.trustedHops());
            }
        }
        var proto = headers.get("x-forwarded-proto");
        if (proto == null) {
            proto = "http";
            headers.add("x-forwarded-proto", proto);
        }
        if (head.version() != HttpVersion.HTTP_2
                && (proto.equals("http") || proto.equals("https"))) {
            head.scheme(proto);
        }
        var destination = info.connection().originalDst();
        if (options.appendForwardedPort()
                && destination != null
                && !headers.contains("x-forwarded-port")) {
            headers.add("x-forwarded-port", Integer.toString(destination.getPort()));
        }
    }

    /// This is the first proxy that callers meet, but for trusted ones before it.
    private static void fromConnection(Headers headers, HttpOptions options, StreamInfo info) {
        var list = headers.joined("x-forwarded-for");
        int hops = options.trustedHops();
        if (hops > 0 && list != null) {
            info.forwardedRemote = ForwardedFor.last(list, hops - 1);
        }
        var peer = info.connection().remote().getAddress().getHostAddress();
        if (!options.skipForwardedForAppend()) {
            headers.set("x-forwarded-for", list == null ? peer : list + "," + peer);
        }
        if (hops == 0) {
            headers.set("x-forwarded-proto", "http");
        }
        InetSocketAddress caller = info.remote();
        headers.set("x-envoy-external-address", caller.getAddress().getHostAddress());
    }

    private static void requestId(
            Headers headers, HttpOptions options, StreamInfo info, RequestIds ids) {
        var rule = options.requestId();
        var id = headers.get("x-request-id");
        boolean edge = options.useRemoteAddress() && !rule.preserveExternal();
        if (rule.generate() && (id == null || edge)) {
            id = ids.next();
            headers.set("x-request-id", id);
        }
        info.requestId = id == null ? "" : id;
    }

    private static void stripHost(RequestHead head, HttpOptions options, ConnectionInfo from) {
        if (!options.stripAnyHostPort()
                && !options.stripMatchingHostPort()
                && !options.stripTrailingHostDot()) {
            return;
        }
        var authority = head.authority();
        int colon = portColon(authority);
        var host = colon < 0 ? authority : authority.substring(0, colon);
        var port = colon < 0 ? "" : authority.substring(colon);
        if (options.stripTrailingHostDot() && host.endsWith(".")) {
            host = host.substring(0, host.length() - 1);
        }
        var destination = from.originalDst();
        boolean own = destination != null && port.equals(":" + destination.getPort());
        if (options.stripAnyHostPort() || (options.stripMatchingHostPort() && own)) {
            port = "";
        }
        head.authority(host + port);
    }

    /// @return where the port begins; -1 where there is none
    private static int portColon(String authority) {
        int colon = authority.lastIndexOf(':');
        return colon > 0 && authority.indexOf(']', colon) < 0 && colon + 1 < authority.length()
                ? (authority.indexOf(':') == colon || authority.charAt(colon - 1) == ']'
                        ? colon
                        : -1)
                : -1;
    }
}
