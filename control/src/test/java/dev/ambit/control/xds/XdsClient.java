package dev.ambit.control.xds;

import dev.ambit.mesh.proto.discovery.AggregatedDiscoveryServiceGrpc;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.discovery.Node;
import dev.ambit.mesh.proto.discovery.Resource;
import dev.ambit.mesh.proto.discovery.Status;
import io.grpc.CallCredentials;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A client that does only what a test tells it to; takes responses one by one when `slow`.
public final class XdsClient
        implements ClientResponseObserver<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
    private final BlockingQueue<DeltaDiscoveryResponse> responses = new LinkedBlockingQueue<>();
    private final CompletableFuture<io.grpc.Status> end = new CompletableFuture<>();
    private final boolean slow;
    private @Nullable ClientCallStreamObserver<DeltaDiscoveryRequest> out;

    private XdsClient(boolean slow) {
        this.slow = slow;
    }

    public static XdsClient connect(
            Channel channel, @Nullable CallCredentials token, boolean slow) {
        var client = new XdsClient(slow);
        var stub = AggregatedDiscoveryServiceGrpc.newStub(channel);
        (token == null ? stub : stub.withCallCredentials(token)).deltaAggregatedResources(client);
        return client;
    }

    public void subscribe(String type) {
        out().onNext(
                        DeltaDiscoveryRequest.newBuilder()
                                .setNode(Node.newBuilder().setId("ztunnel~test"))
                                .setTypeUrl(type)
                                .build());
    }

    /// @param names none: all
    public void ask(Node node, String type, String... names) {
        out().onNext(
                        DeltaDiscoveryRequest.newBuilder()
                                .setNode(node)
                                .setTypeUrl(type)
                                .addAllResourceNamesSubscribe(List.of(names))
                                .build());
    }

    /// A first request of one that was here before.
    ///
    /// @param kept name to version
    public void resume(String type, Map<String, String> kept) {
        out().onNext(
                        DeltaDiscoveryRequest.newBuilder()
                                .setNode(Node.newBuilder().setId("ztunnel~test"))
                                .setTypeUrl(type)
                                .putAllInitialResourceVersions(kept)
                                .build());
    }

    public void acknowledge(DeltaDiscoveryResponse response, String error) {
        var request =
                DeltaDiscoveryRequest.newBuilder()
                        .setTypeUrl(response.getTypeUrl())
                        .setResponseNonce(response.getNonce());
        if (!error.isEmpty()) {
            request.setErrorDetail(Status.newBuilder().setMessage(error));
        }
        out().onNext(request.build());
    }

    public void takeOne() {
        out().request(1);
    }

    public void hangUp() {
        out().onCompleted();
    }

    public DeltaDiscoveryResponse next() throws InterruptedException {
        return Objects.requireNonNull(responses.poll(10, TimeUnit.SECONDS), "no response");
    }

    public boolean nothingMore() {
        return responses.isEmpty();
    }

    public io.grpc.Status end() throws Exception {
        return end.get(10, TimeUnit.SECONDS);
    }

    public static List<String> names(DeltaDiscoveryResponse response) {
        return response.getResourcesList().stream().map(Resource::getName).toList();
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<DeltaDiscoveryRequest> requests) {
        out = requests;
        if (slow) {
            requests.disableAutoRequestWithInitial(1);
        }
    }

    @Override
    public void onNext(DeltaDiscoveryResponse response) {
        responses.add(response);
    }

    @Override
    public void onError(Throwable failure) {
        end.complete(
                failure instanceof StatusRuntimeException e
                        ? e.getStatus()
                        : io.grpc.Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
        end.complete(io.grpc.Status.OK);
    }

    private ClientCallStreamObserver<DeltaDiscoveryRequest> out() {
        return Objects.requireNonNull(out);
    }
}
