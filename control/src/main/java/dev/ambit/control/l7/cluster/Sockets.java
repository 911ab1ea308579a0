package dev.ambit.control.l7.cluster;

import com.google.protobuf.Message;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.resource.traffic.TrafficPolicy;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport.MetadataValueSource;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKind;

/// Transport sockets of clusters: what is wrapped in what before bytes leave.
final class Sockets {
    private static final String TLS = "envoy.transport_sockets.tls";
    private static final String PROXY = "envoy.transport_sockets.upstream_proxy_protocol";
    private static final MetadataKind HOST =
            MetadataKind.newBuilder().setHost(MetadataKind.Host.getDefaultInstance()).build();
    private static final MetadataKind CLUSTER =
            MetadataKind.newBuilder().setCluster(MetadataKind.Cluster.getDefaultInstance()).build();

    static final TransportSocket RAW = socket("raw_buffer", RawBuffer.getDefaultInstance());

    /// The same under the name that istiod gives it in clusters for hosts that are only called.
    static final TransportSocket RAW_CALLED =
            socket("envoy.transport_sockets.raw_buffer", RawBuffer.getDefaultInstance());

    private Sockets() {}

    private static TransportSocket socket(String name, Message config) {
        return TransportSocket.newBuilder()
                .setName(name)
                .setTypedConfig(Protos.any(config))
                .build();
    }

    static TransportSocket tls(UpstreamTlsContext context) {
        return socket(TLS, context);
    }

    /// Of the tunnel itself.
    static TransportSocket tunnelTls(UpstreamTlsContext context) {
        return socket("tls", context);
    }

    static TransportSocket proxyProtocol(
            TrafficPolicy.ProxyProtocol version, TransportSocket inner) {
        return socket(
                PROXY,
                ProxyProtocolUpstreamTransport.newBuilder()
                        .setConfig(
                                ProxyProtocolConfig.newBuilder()
                                        .setVersion(
                                                switch (version) {
                                                    case V1 -> ProxyProtocolConfig.Version.V1;
                                                    case V2 -> ProxyProtocolConfig.Version.V2;
                                                }))
                        .setTransportSocket(inner)
                        .build());
    }

    /// To an internal listener, which learns nothing but the bytes.
    static TransportSocket internal(String name, TransportSocket inner) {
        return socket(
                name, InternalUpstreamTransport.newBuilder().setTransportSocket(inner).build());
    }

    /// To an internal listener that learns where the endpoint is.
    static TransportSocket waypoint(TransportSocket inner, boolean baggage) {
        return passing("internal_upstream", inner, false, baggage);
    }

    /// As `waypoint`, with what the cluster says of itself.
    static TransportSocket full(TransportSocket inner, boolean baggage) {
        return passing("envoy.transport_sockets.internal_upstream", inner, true, baggage);
    }

    private static TransportSocket passing(
            String name, TransportSocket inner, boolean cluster, boolean baggage) {
        var transport = InternalUpstreamTransport.newBuilder().setTransportSocket(inner);
        transport.addPassthroughMetadata(value(HOST, ClusterMetadata.ORIGINAL_DST));
        if (cluster) {
            transport.addPassthroughMetadata(value(CLUSTER, ClusterMetadata.ISTIO));
        }
        transport.addPassthroughMetadata(value(HOST, ClusterMetadata.ISTIO));
        if (baggage) {
            transport.addPassthroughMetadata(value(CLUSTER, ClusterMetadata.PEER));
            transport.addPassthroughMetadata(value(HOST, ClusterMetadata.PEER));
        }
        return socket(name, transport.build());
    }

    private static MetadataValueSource value(MetadataKind kind, String name) {
        return MetadataValueSource.newBuilder().setKind(kind).setName(name).build();
    }
}
