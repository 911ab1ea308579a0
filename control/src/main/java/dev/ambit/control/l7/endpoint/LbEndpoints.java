package dev.ambit.control.l7.endpoint;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.compile.MeshModel.RemoteGateway;
import dev.ambit.control.l7.registry.MeshEndpoint;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.EnvoyInternalAddress;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.Pipe;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import java.util.Map;

/// One endpoint as Envoy has it. What takes HBONE is reached through the proxy's own listener that
/// opens the tunnel: its address is only in the metadata, and tells endpoints apart.
final class LbEndpoints {
    private static final String ORIGINAL_DST = "envoy.filters.listener.original_dst";
    private static final String TRANSPORT_MATCH = "envoy.transport_socket_match";
    private static final String ISTIO = "istio";
    private static final String CONNECT_ORIGINATE = "connect_originate";
    private static final String FORWARD_INNER_CONNECT = "forward_inner_connect";
    private static final String INNER_CONNECT_ORIGINATE = "inner_connect_originate";
    private static final String UNIX = "unix://";

    /// The proxy is an east-west gateway.
    private final boolean eastWest;

    /// The cluster is of a service that the waypoint stands before.
    private final boolean inbound;

    LbEndpoints(boolean eastWest, boolean inbound) {
        this.eastWest = eastWest;
        this.inbound = inbound;
    }

    /// @param istioTls it is called by Istio's mutual TLS if not by HBONE
    LbEndpoint direct(MeshEndpoint endpoint, int port, boolean istioTls) {
        var metadata = Metadata.newBuilder();
        if (istioTls) {
            metadata.putFilterMetadata(TRANSPORT_MATCH, struct("tlsMode", "istio"));
        }
        metadata.putFilterMetadata(ISTIO, struct("workload", workload(endpoint)));
        boolean tunnel = endpoint.hbone() && (inbound || !endpoint.istioTls());
        var address = tunnel ? tunnel(endpoint, port, metadata) : plain(endpoint.address(), port);
        return LbEndpoint.newBuilder()
                .setHealthStatus(health(endpoint))
                .setLoadBalancingWeight(Weights.wire(Integer.toUnsignedLong(endpoint.weight())))
                .setEndpoint(Endpoint.newBuilder().setAddress(address))
                .setMetadata(metadata)
                .build();
    }

    private Address tunnel(MeshEndpoint endpoint, int port, Metadata.Builder metadata) {
        var target = join(endpoint.address(), port);
        metadata.putFilterMetadata(ORIGINAL_DST, struct("local", target));
        if (!inbound) {
            metadata.putFilterMetadata(TRANSPORT_MATCH, struct("tunnel", "http"));
        }
        return internal(eastWest ? FORWARD_INNER_CONNECT : CONNECT_ORIGINATE, target);
    }

    /// What is behind another network's gateway: a tunnel to the gateway, and in it one to the
    /// service, whose endpoint the gateway chooses.
    LbEndpoint behind(RemoteGateway gateway, String hostname, int servicePort, long weight) {
        var target = join(gateway.address(), gateway.port());
        var inner = struct("hbone_target_address", join(hostname, servicePort));
        var istio =
                struct("workload", ";;;;" + gateway.cluster()).toBuilder()
                        .putFields(
                                "double_hbone", Value.newBuilder().setStructValue(inner).build());
        var metadata =
                Metadata.newBuilder()
                        .putFilterMetadata(ORIGINAL_DST, struct("local", target))
                        .putFilterMetadata(ISTIO, istio.build());
        if (!inbound) {
            metadata.putFilterMetadata(TRANSPORT_MATCH, struct("tunnel", "http"));
        }
        return LbEndpoint.newBuilder()
                .setLoadBalancingWeight(Weights.wire(weight))
                .setEndpoint(
                        Endpoint.newBuilder().setAddress(internal(INNER_CONNECT_ORIGINATE, target)))
                .setMetadata(metadata)
                .build();
    }

    /// `workload;namespace;canonical name;canonical revision;cluster`, as telemetry wants it.
    private static String workload(MeshEndpoint endpoint) {
        return String.join(
                ";",
                endpoint.workload(),
                endpoint.namespace(),
                endpoint.canonicalName(),
                endpoint.canonicalRevision(),
                endpoint.cluster());
    }

    private static HealthStatus health(MeshEndpoint endpoint) {
        return switch (endpoint.health()) {
            case NOT_SAID -> HealthStatus.UNKNOWN;
            case HEALTHY -> HealthStatus.HEALTHY;
            case UNHEALTHY, TERMINATING -> HealthStatus.UNHEALTHY;
            case DRAINING -> HealthStatus.DRAINING;
        };
    }

    private static Address internal(String listener, String id) {
        return Address.newBuilder()
                .setEnvoyInternalAddress(
                        EnvoyInternalAddress.newBuilder()
                                .setServerListenerName(listener)
                                .setEndpointId(id))
                .build();
    }

    private static Address plain(String address, int port) {
        if (port == 0) {
            var path = address.startsWith(UNIX) ? address.substring(UNIX.length()) : address;
            return Address.newBuilder().setPipe(Pipe.newBuilder().setPath(path)).build();
        }
        return Address.newBuilder()
                .setSocketAddress(SocketAddress.newBuilder().setAddress(address).setPortValue(port))
                .build();
    }

    private static String join(String host, int port) {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }

    private static Struct struct(String name, String value) {
        return Struct.newBuilder()
                .putAllFields(Map.of(name, Value.newBuilder().setStringValue(value).build()))
                .build();
    }
}
