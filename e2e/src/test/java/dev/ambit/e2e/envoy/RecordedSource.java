package dev.ambit.e2e.envoy;

import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import dev.ambit.envoy.EnvoyTypes;
import dev.ambit.mesh.proto.workload.Workload;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.CallCredentials;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/// What a real istiod sent for the same manifests: the judge of the tables themselves.
final class RecordedSource implements XdsSource {
    private final Map<String, Map<String, Any>> types = new LinkedHashMap<>();
    private final Server server;
    private final ManagedChannel channel;

    RecordedSource(Path proxy) throws IOException {
        read(proxy.resolve("lds.json"), Listener.getDescriptor());
        read(proxy.resolve("cds.json"), Cluster.getDescriptor());
        read(proxy.resolve("eds.json"), ClusterLoadAssignment.getDescriptor());
        read(proxy.resolve("wds.json"), Workload.getDescriptor());
        server =
                NettyServerBuilder.forAddress(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .addService(new Ads())
                        .build()
                        .start();
        channel =
                ManagedChannelBuilder.forAddress("localhost", server.getPort())
                        .usePlaintext()
                        .maxInboundMessageSize(64 << 20)
                        .build();
    }

    private void read(Path file, com.google.protobuf.Descriptors.Descriptor type)
            throws IOException {
        var url = "type.googleapis.com/" + type.getFullName();
        var resources = types.computeIfAbsent(url, _ -> new LinkedHashMap<>());
        var root = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        for (var element : root.getAsJsonArray("resources")) {
            var json = element.getAsJsonObject().getAsJsonObject("resource");
            json.remove("@type");
            var bytes = EnvoyTypes.parse(json.toString(), type).toByteString();
            resources.put(
                    element.getAsJsonObject().get("name").getAsString(),
                    Any.newBuilder().setTypeUrl(url).setValue(bytes).build());
        }
    }

    private final class Ads
            extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
        @Override
        public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
                StreamObserver<DeltaDiscoveryResponse> out) {
            var nonces = new AtomicInteger();
            return new StreamObserver<>() {
                @Override
                public void onNext(DeltaDiscoveryRequest request) {
                    boolean first = request.getResponseNonce().isEmpty();
                    if (first || request.getResourceNamesSubscribeCount() > 0) {
                        out.onNext(answer(request, "n" + nonces.incrementAndGet()));
                    }
                }

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {
                    out.onCompleted();
                }
            };
        }

        private DeltaDiscoveryResponse answer(DeltaDiscoveryRequest request, String nonce) {
            var all = types.getOrDefault(request.getTypeUrl(), Map.of());
            var names = new ArrayList<>(request.getResourceNamesSubscribeList());
            if (names.isEmpty() || names.contains("*")) {
                names = new ArrayList<>(all.keySet());
            }
            var response =
                    DeltaDiscoveryResponse.newBuilder()
                            .setTypeUrl(request.getTypeUrl())
                            .setNonce(nonce);
            for (var name : names) {
                var resource = all.get(name);
                if (resource == null) {
                    response.addRemovedResources(name);
                } else {
                    response.addResources(
                            Resource.newBuilder()
                                    .setName(name)
                                    .setVersion("1")
                                    .setResource(resource));
                }
            }
            return response.build();
        }
    }

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public CallCredentials credentials() {
        return new CallCredentials() {
            @Override
            public void applyRequestMetadata(
                    RequestInfo info, Executor executor, MetadataApplier applier) {
                applier.apply(new Metadata());
            }
        };
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }
}
