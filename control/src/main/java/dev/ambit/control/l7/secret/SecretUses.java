package dev.ambit.control.l7.secret;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.ambit.control.l7.WaypointConfig;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import java.util.Comparator;
import java.util.SortedSet;
import java.util.TreeSet;

/// Which secrets a configuration names.
public final class SecretUses {
    private final SortedSet<Use> uses = new TreeSet<>();

    private SecretUses() {}

    /// @param source `ads`, else whom the proxy asks: `api_config_source:CLUSTER`
    /// @param user `cluster NAME` or `listener NAME`
    public record Use(String name, String source, String user) implements Comparable<Use> {
        public static final String ADS = "ads";

        @Override
        public int compareTo(Use other) {
            return Comparator.comparing(Use::name)
                    .thenComparing(Use::source)
                    .thenComparing(Use::user)
                    .compare(this, other);
        }
    }

    public static SortedSet<Use> of(WaypointConfig config) {
        var all = new SecretUses();
        for (var cluster : config.clusters().values()) {
            var user = "cluster " + cluster.getName();
            all.socket(cluster.getTransportSocket(), user);
            cluster.getTransportSocketMatchesList()
                    .forEach(m -> all.socket(m.getTransportSocket(), user));
        }
        for (var listener : config.listeners().values()) {
            var user = "listener " + listener.getName();
            listener.getFilterChainsList().forEach(c -> all.socket(c.getTransportSocket(), user));
            all.socket(listener.getDefaultFilterChain().getTransportSocket(), user);
        }
        return all.uses;
    }

    private void socket(TransportSocket socket, String user) {
        var config = socket.getTypedConfig();
        if (config.is(UpstreamTlsContext.class)) {
            tls(unpack(config, UpstreamTlsContext.class).getCommonTlsContext(), user);
        } else if (config.is(DownstreamTlsContext.class)) {
            tls(unpack(config, DownstreamTlsContext.class).getCommonTlsContext(), user);
        } else if (config.is(InternalUpstreamTransport.class)) {
            socket(unpack(config, InternalUpstreamTransport.class).getTransportSocket(), user);
        } else if (config.is(ProxyProtocolUpstreamTransport.class)) {
            socket(unpack(config, ProxyProtocolUpstreamTransport.class).getTransportSocket(), user);
        }
    }

    private void tls(CommonTlsContext context, String user) {
        context.getTlsCertificateSdsSecretConfigsList().forEach(s -> add(s, user));
        if (context.hasValidationContextSdsSecretConfig()) {
            add(context.getValidationContextSdsSecretConfig(), user);
        }
        if (context.getCombinedValidationContext().hasValidationContextSdsSecretConfig()) {
            add(context.getCombinedValidationContext().getValidationContextSdsSecretConfig(), user);
        }
    }

    private void add(SdsSecretConfig secret, String user) {
        uses.add(new Use(secret.getName(), source(secret.getSdsConfig()), user));
    }

    private static String source(ConfigSource source) {
        if (source.hasAds()) {
            return Use.ADS;
        }
        return "api_config_source:"
                + (source.getApiConfigSource().getGrpcServicesCount() == 0
                        ? ""
                        : source.getApiConfigSource()
                                .getGrpcServices(0)
                                .getEnvoyGrpc()
                                .getClusterName());
    }

    private static <T extends Message> T unpack(Any any, Class<T> type) {
        try {
            return any.unpack(type);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("a configuration of ours that can't be read", e);
        }
    }
}
