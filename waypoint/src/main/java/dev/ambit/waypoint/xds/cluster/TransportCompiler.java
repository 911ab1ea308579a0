package dev.ambit.waypoint.xds.cluster;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.waypoint.pool.HttpClientConfig;
import dev.ambit.waypoint.pool.TlsClientConfig;
import dev.ambit.waypoint.pool.TransportConfig;
import dev.ambit.waypoint.pool.TransportConfig.ProxyProtocol;
import dev.ambit.waypoint.upstream.ClusterConfig.TransportMatch;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Transport sockets: what is wrapped in what. `internal_upstream` hands metadata to a listener
/// inside Envoy; here the endpoint itself says that it is behind a tunnel, so it adds nothing.
final class TransportCompiler {
    private static final String TLS = UpstreamTlsContext.getDescriptor().getFullName();
    private static final String RAW = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";
    private static final String INTERNAL = InternalUpstreamTransport.getDescriptor().getFullName();
    private static final String PROXY =
            ProxyProtocolUpstreamTransport.getDescriptor().getFullName();

    /// Sockets inside each other at most; istiod's most are three.
    private static final int MAX_DEPTH = 5;

    /// Envoy's, when nothing is said.
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final HttpProtocolOptions options;
    private final HttpClientConfig http;
    private final Duration connectTimeout;
    private final Optional<TransportConfig.TcpKeepAlive> keepAlive;
    private final CompileScope scope;

    private TransportCompiler(
            HttpProtocolOptions options,
            HttpClientConfig http,
            Duration connectTimeout,
            Optional<TransportConfig.TcpKeepAlive> keepAlive,
            CompileScope scope) {
        this.options = options;
        this.http = http;
        this.connectTimeout = connectTimeout;
        this.keepAlive = keepAlive;
        this.scope = scope;
    }

    static TransportCompiler of(Cluster from, HttpProtocolOptions options, CompileScope scope)
            throws Refused {
        var timeout =
                Values.duration(
                        "connect_timeout",
                        from.hasConnectTimeout(),
                        from.getConnectTimeout(),
                        CONNECT_TIMEOUT);
        if (!timeout.isPositive()) {
            throw new Refused("connect_timeout", timeout.toString(), "more than 0s");
        }
        return new TransportCompiler(
                options,
                ProtocolCompiler.compile(options, from, scope),
                timeout,
                keepAlive(from.getUpstreamConnectionOptions()),
                scope);
    }

    private static Optional<TransportConfig.TcpKeepAlive> keepAlive(UpstreamConnectionOptions from)
            throws Refused {
        if (!from.hasTcpKeepalive()) {
            return Optional.empty();
        }
        var settings = from.getTcpKeepalive();
        return Optional.of(
                new TransportConfig.TcpKeepAlive(
                        Values.integer(
                                "keepalive_probes",
                                settings.hasKeepaliveProbes(),
                                settings.getKeepaliveProbes(),
                                0),
                        Duration.ofSeconds(Values.uint(settings.getKeepaliveTime())),
                        Duration.ofSeconds(Values.uint(settings.getKeepaliveInterval()))));
    }

    TransportConfig compile(TransportSocket from) throws Refused {
        var found = new Layers();
        unwrap(from, found, 0);
        return new TransportConfig(found.tls, found.proxy, connectTimeout, keepAlive, http);
    }

    TransportMatch match(Cluster.TransportSocketMatch from) throws Refused {
        return new TransportMatch(
                from.getName(), labels(from.getMatch()), compile(from.getTransportSocket()));
    }

    /// As text: that is what Istio's labels are.
    static Map<String, String> labels(Struct from) throws Refused {
        var labels = new TreeMap<String, String>();
        for (var entry : from.getFieldsMap().entrySet()) {
            if (entry.getValue().getKindCase() != Value.KindCase.STRING_VALUE) {
                throw new Refused(
                        "match[" + entry.getKey() + "]",
                        entry.getValue().getKindCase().toString(),
                        "a string");
            }
            labels.put(entry.getKey(), entry.getValue().getStringValue());
        }
        return Map.copyOf(labels);
    }

    private static final class Layers {
        private Optional<TlsClientConfig> tls = Optional.empty();
        private Optional<ProxyProtocol> proxy = Optional.empty();
    }

    private void unwrap(TransportSocket from, Layers into, int depth) throws Refused {
        if (!from.hasTypedConfig()) {
            if (!from.getName().isEmpty()) {
                throw new Refused(
                        "transport_socket[" + from.getName() + "]", "no typed_config", "one");
            }
            return;
        }
        var field = "transport_socket[" + from.getName() + "]";
        var config = from.getTypedConfig();
        var type = CompileScope.type(config);
        if (depth >= MAX_DEPTH) {
            throw new Refused(field, type, "at most " + MAX_DEPTH + " sockets inside each other");
        }
        if (type.equals(INTERNAL)) {
            var inner = CompileScope.unpack(field, config, InternalUpstreamTransport.parser());
            unwrap(inner.getTransportSocket(), into, depth + 1);
        } else if (type.equals(PROXY) && into.proxy.isEmpty()) {
            var proxy = CompileScope.unpack(field, config, ProxyProtocolUpstreamTransport.parser());
            into.proxy = Optional.of(version(proxy.getConfig()));
            unwrap(proxy.getTransportSocket(), into, depth + 1);
        } else if (type.equals(TLS)) {
            try {
                into.tls =
                        Optional.of(
                                TlsCompiler.compile(
                                        CompileScope.unpack(
                                                field, config, UpstreamTlsContext.parser()),
                                        options,
                                        scope));
            } catch (Refused e) {
                throw e.in(field);
            }
        } else if (!type.equals(RAW)) {
            throw new Refused(
                    field,
                    type,
                    "raw_buffer, tls, internal_upstream or upstream_proxy_protocol around them");
        }
    }

    private ProxyProtocol version(ProxyProtocolConfig from) throws Refused {
        if (from.hasPassThroughTlvs() || from.getAddedTlvsCount() > 0) {
            scope.skipped("upstream_proxy_protocol: TLVs");
        }
        return switch (from.getVersion()) {
            case V1 -> ProxyProtocol.V1;
            case V2 -> ProxyProtocol.V2;
            case UNRECOGNIZED ->
                    throw new Refused(
                            "version", Integer.toString(from.getVersionValue()), "V1 or V2");
        };
    }
}
