package dev.ambit.waypoint.xds;

import dev.ambit.mesh.proto.discovery.AggregatedDiscoveryServiceGrpc;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A real gRPC server in this process that says only what a test tells it to.
final class ScriptedAds implements AutoCloseable {
    private final String name = InProcessServerBuilder.generateName();
    private final BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
    private final BlockingQueue<Metadata> headers = new LinkedBlockingQueue<>();
    private final Server server;

    ScriptedAds() throws IOException {
        server =
                InProcessServerBuilder.forName(name)
                        .addService(new Service())
                        .intercept(new Headers())
                        .build()
                        .start();
    }

    ManagedChannel channel() {
        return InProcessChannelBuilder.forName(name).build();
    }

    /// The next stream that the client opens.
    Stream stream() throws InterruptedException {
        return within(streams, "no stream was opened");
    }

    Metadata headers() throws InterruptedException {
        return within(headers, "no call was made");
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    static <T> T within(BlockingQueue<T> queue, String otherwise) throws InterruptedException {
        var next = queue.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError(otherwise);
        }
        return next;
    }

    private final class Service
            extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
        @Override
        public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
                StreamObserver<DeltaDiscoveryResponse> out) {
            var stream = new Stream(out);
            streams.add(stream);
            return stream;
        }
    }

    private final class Headers implements ServerInterceptor {
        @Override
        public <A, B> ServerCall.Listener<A> interceptCall(
                ServerCall<A, B> call, Metadata sent, ServerCallHandler<A, B> next) {
            headers.add(sent);
            return next.startCall(call, sent);
        }
    }

    static final class Stream implements StreamObserver<DeltaDiscoveryRequest> {
        private final StreamObserver<DeltaDiscoveryResponse> out;
        private final BlockingQueue<DeltaDiscoveryRequest> requests = new LinkedBlockingQueue<>();

        Stream(StreamObserver<DeltaDiscoveryResponse> out) {
            this.out = out;
        }

        DeltaDiscoveryRequest request() throws InterruptedException {
            return within(requests, "no request came");
        }

        boolean isSilent() {
            return requests.isEmpty();
        }

        void send(DeltaDiscoveryResponse.Builder response) {
            out.onNext(response.build());
        }

        void end() {
            out.onCompleted();
        }

        void fail(Status status) {
            out.onError(status.asRuntimeException());
        }

        @Override
        public void onNext(DeltaDiscoveryRequest request) {
            requests.add(request);
        }

        @Override
        public void onError(Throwable gone) {
            // The client hung up; the test sees it by what comes next.
        }

        @Override
        public void onCompleted() {}
    }
}
