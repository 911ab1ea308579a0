package dev.ambit.e2e.envoy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.CallCredentials;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// Stands between a waypoint and the control plane: hands everything on, and for a stock Envoy
/// takes out of the answers what only Istio's build of it knows. Remembers what was refused.
public final class XdsRelay
        extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
    private final Channel control;
    private final CallCredentials credentials;
    private final Change change;
    private final List<String> refused = new CopyOnWriteArrayList<>();
    private final Set<String> unanswered = ConcurrentHashMap.newKeySet();
    private final AtomicInteger resources = new AtomicInteger();

    /// What becomes of a resource on its way.
    public interface Change {
        Change NONE = resource -> resource;

        Any of(Any resource) throws InvalidProtocolBufferException;
    }

    XdsRelay(Channel control, CallCredentials credentials, Change change) {
        this.change = change;
        this.control = control;
        this.credentials = credentials;
    }

    /// What Envoy would not take, with its reason.
    List<String> refused() {
        return List.copyOf(refused);
    }

    /// Whether Envoy has answered everything that it was sent, and was sent something.
    boolean settled() {
        return unanswered.isEmpty() && resources.get() > 0;
    }

    int resources() {
        return resources.get();
    }

    @Override
    public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
            StreamObserver<DeltaDiscoveryResponse> envoy) {
        var upstream =
                AggregatedDiscoveryServiceGrpc.newStub(control)
                        .withCallCredentials(credentials)
                        .deltaAggregatedResources(new Answers(envoy));
        return new StreamObserver<>() {
            @Override
            public void onNext(DeltaDiscoveryRequest request) {
                if (request.hasErrorDetail()) {
                    refused.add(
                            request.getTypeUrl() + ": " + request.getErrorDetail().getMessage());
                }
                unanswered.remove(request.getResponseNonce());
                upstream.onNext(request);
            }

            @Override
            public void onError(Throwable failure) {
                upstream.onError(Status.CANCELLED.asRuntimeException());
            }

            @Override
            public void onCompleted() {
                upstream.onCompleted();
            }
        };
    }

    private final class Answers implements StreamObserver<DeltaDiscoveryResponse> {
        private final StreamObserver<DeltaDiscoveryResponse> envoy;

        Answers(StreamObserver<DeltaDiscoveryResponse> envoy) {
            this.envoy = envoy;
        }

        @Override
        public void onNext(DeltaDiscoveryResponse response) {
            unanswered.add(response.getNonce());
            resources.addAndGet(response.getResourcesCount());
            var changed = response.toBuilder().clearResources();
            try {
                for (Resource resource : response.getResourcesList()) {
                    changed.addResources(
                            resource.toBuilder().setResource(change.of(resource.getResource())));
                }
            } catch (InvalidProtocolBufferException e) {
                refused.add(response.getTypeUrl() + ": can't be read: " + e.getMessage());
                return;
            }
            envoy.onNext(changed.build());
        }

        @Override
        public void onError(Throwable failure) {
            refused.add("the control plane ended the stream: " + failure);
            envoy.onError(failure);
        }

        @Override
        public void onCompleted() {
            envoy.onCompleted();
        }
    }
}
