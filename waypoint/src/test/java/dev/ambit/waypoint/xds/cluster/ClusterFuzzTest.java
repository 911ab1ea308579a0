package dev.ambit.waypoint.xds.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UInt32Value;
import dev.ambit.waypoint.upstream.ClusterStore;
import dev.ambit.waypoint.upstream.Control;
import dev.ambit.waypoint.upstream.Resolver;
import dev.ambit.waypoint.upstream.UpstreamLimits;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.EnvoyInternalAddress;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/// Whatever a control plane sends: a configuration that can be used, or a refusal.
final class ClusterFuzzTest {
    private static final Control IDLE =
            new Control() {
                @Override
                public long nanoTime() {
                    return 1;
                }

                @Override
                public long random() {
                    return 1;
                }

                @Override
                public void execute(Runnable task) {}

                @Override
                public void fork(Runnable task) {}

                @Override
                public Timer schedule(Runnable task, long nanos) {
                    assertThat(nanos).isNotNegative();
                    return () -> {};
                }
            };

    private static Cluster cluster(Cluster.LbPolicy policy) {
        return Cluster.newBuilder()
                .setName("c")
                .setType(Cluster.DiscoveryType.STATIC)
                .setLbPolicy(policy)
                .setConnectTimeout(com.google.protobuf.Duration.newBuilder().setSeconds(3))
                .setCircuitBreakers(
                        CircuitBreakers.newBuilder()
                                .addThresholds(
                                        CircuitBreakers.Thresholds.newBuilder()
                                                .setMaxRequests(UInt32Value.of(7))))
                .setOutlierDetection(
                        OutlierDetection.newBuilder().setConsecutive5Xx(UInt32Value.of(3)))
                .setTransportSocket(
                        TransportSocket.newBuilder()
                                .setName("tls")
                                .setTypedConfig(
                                        Any.pack(
                                                UpstreamTlsContext.newBuilder()
                                                        .setSni("a.example")
                                                        .setCommonTlsContext(tls())
                                                        .build())))
                .putTypedExtensionProtocolOptions(
                        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                        Any.pack(HttpProtocolOptions.getDefaultInstance()))
                .setLoadAssignment(endpoints())
                .build();
    }

    private static CommonTlsContext tls() {
        return CommonTlsContext.newBuilder()
                .addTlsCertificateSdsSecretConfigs(SdsSecretConfig.newBuilder().setName("default"))
                .setValidationContextSdsSecretConfig(SdsSecretConfig.newBuilder().setName("ROOTCA"))
                .build();
    }

    private static ClusterLoadAssignment endpoints() {
        var group = LocalityLbEndpoints.newBuilder().setLoadBalancingWeight(UInt32Value.of(1));
        for (int i = 1; i < 4; i++) {
            group.addLbEndpoints(
                    LbEndpoint.newBuilder()
                            .setLoadBalancingWeight(UInt32Value.of(i))
                            .setEndpoint(
                                    Endpoint.newBuilder()
                                            .setAddress(
                                                    Address.newBuilder()
                                                            .setSocketAddress(
                                                                    SocketAddress.newBuilder()
                                                                            .setAddress(
                                                                                    "10.0.0." + i)
                                                                            .setPortValue(80)))));
        }
        group.addLbEndpoints(
                LbEndpoint.newBuilder()
                        .setEndpoint(
                                Endpoint.newBuilder()
                                        .setAddress(
                                                Address.newBuilder()
                                                        .setEnvoyInternalAddress(
                                                                EnvoyInternalAddress.newBuilder()
                                                                        .setServerListenerName(
                                                                                "connect_originate")))));
        return ClusterLoadAssignment.newBuilder().addEndpoints(group).build();
    }

    private static byte[] mutated(byte[] bytes, SplittableRandom random) {
        var copy = bytes.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            copy[random.nextInt(copy.length)] = (byte) random.nextInt(256);
        }
        return copy;
    }

    @Tag("fuzz")
    @Property(tries = 2000)
    void mutatedClusters_areAppliedOrRefused(@ForAll long seed) throws Exception {
        var random = new SplittableRandom(seed);
        var policies =
                new Cluster.LbPolicy[] {
                    Cluster.LbPolicy.ROUND_ROBIN,
                    Cluster.LbPolicy.LEAST_REQUEST,
                    Cluster.LbPolicy.RANDOM
                };
        var whole = cluster(policies[random.nextInt(policies.length)]);
        Cluster read;
        try {
            read = Cluster.parseFrom(mutated(whole.toByteArray(), random));
        } catch (InvalidProtocolBufferException e) {
            return;
        }
        var store =
                new ClusterStore(
                        IDLE, (_, _) -> new Resolver.Answer.None(), UpstreamLimits.defaults(), 1);
        try {
            store.apply(ClusterCompiler.compile(read, new CompileScope()));
        } catch (Refused refused) {
            assertThat(refused.text()).isNotBlank();
            return;
        }
        assertThat(store.status()).hasSize(1);
        store.close();
    }

    @Tag("fuzz")
    @Property(tries = 2000)
    void mutatedEndpoints_areReadOrRefused(@ForAll long seed) throws Exception {
        var random = new SplittableRandom(seed);
        ClusterLoadAssignment read;
        try {
            read = ClusterLoadAssignment.parseFrom(mutated(endpoints().toByteArray(), random));
        } catch (InvalidProtocolBufferException e) {
            return;
        }
        try {
            var set = EndpointCompiler.compile(read, new CompileScope());
            for (var group : set.groups()) {
                assertThat(group.priority()).isBetween(0, EndpointCompiler.MAX_PRIORITY);
                assertThat(group.weight()).isNotNegative();
            }
        } catch (Refused refused) {
            assertThat(refused.text()).isNotBlank();
        }
    }
}
