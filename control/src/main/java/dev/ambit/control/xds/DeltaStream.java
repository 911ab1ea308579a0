package dev.ambit.control.xds;

import dev.ambit.control.token.Caller;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.discovery.Resource;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Comparator;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client. What it is sent is worked out when its connection can take it, from the newest
/// snapshot: a slow client skips what it missed, and there is no queue that could grow.
final class DeltaStream implements StreamObserver<DeltaDiscoveryRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaStream.class);
    private static final int NACKS_LOGGED_CHARS = 2_000;

    private final ServerCallStreamObserver<DeltaDiscoveryResponse> out;
    private final Supplier<Views> newest;
    private final XdsMetrics metrics;
    private final Runnable ended;
    private final ReentrantLock lock = new ReentrantLock();
    private final Caller caller;

    /// In the order of sending.
    private final SortedMap<String, Subscription> subscriptions =
            new TreeMap<>(Comparator.comparingInt(Snapshot.TYPES::indexOf));

    private Client client = new Client.Mesh();
    private String name;
    private boolean identified;
    private long nonces;
    private boolean closed;

    DeltaStream(
            ServerCallStreamObserver<DeltaDiscoveryResponse> out,
            Supplier<Views> newest,
            XdsMetrics metrics,
            Caller caller,
            Runnable ended) {
        this.out = out;
        this.newest = newest;
        this.metrics = metrics;
        this.caller = caller;
        this.name = caller.toString();
        this.ended = ended;
        metrics.streams.increment();
        out.setOnReadyHandler(this::push);
        out.setOnCancelHandler(() -> end("cancelled"));
    }

    @Override
    public void onNext(DeltaDiscoveryRequest request) {
        lock.lock();
        try {
            if (!identified && !request.getNode().getId().isEmpty()) {
                // Only the first message says who it is from; others need not.
                identified = true;
                name = request.getNode().getId();
                client = Client.of(request.getNode(), caller.account());
            }
            if (client instanceof Client.Refused(var status)) {
                LOG.warn("xds {}: {}", caller, status.getDescription());
                refuse(status);
                return;
            }
            var type = request.getTypeUrl();
            var snapshot = snapshot();
            if (snapshot.isEmpty()) {
                return;
            }
            var served = snapshot.get().served();
            if (!served.contains(type)) {
                // Answering nothing would look like a server that is slow.
                LOG.warn("xds {}: type '{}' is not served here", name, type);
                refuse(
                        Status.INVALID_ARGUMENT.withDescription(
                                "type '" + type + "' (expected: one of " + served + ")"));
                return;
            }
            acknowledge(request);
            subscriptions.computeIfAbsent(type, Subscription::new).onRequest(request);
        } finally {
            lock.unlock();
        }
        push();
    }

    /// Sends what is owed, as far as the connection takes it; the rest when it is ready again.
    void push() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            var snapshot = snapshot();
            if (snapshot.isEmpty()) {
                return;
            }
            for (var subscription : subscriptions.values()) {
                if (!out.isReady()) {
                    return;
                }
                subscription.next(snapshot.get(), Long.toString(nonces + 1)).ifPresent(this::send);
            }
        } finally {
            lock.unlock();
        }
    }

    /// What there is for this client now. Empty when that can't be said, which would be a fault of
    /// ours: a client that has nothing yet is told so, and may try again.
    private Optional<Snapshot> snapshot() {
        try {
            return Optional.of(client.of(newest.get()));
        } catch (RuntimeException bug) {
            LOG.error("xds {}: can't be served", name, bug);
            refuse(Status.INTERNAL.withDescription("this node can't be configured; see the log"));
            return Optional.empty();
        }
    }

    private void send(DeltaDiscoveryResponse response) {
        var endpoints = subscriptions.get(Snapshot.ENDPOINT);
        if (endpoints != null && response.getTypeUrl().equals(Snapshot.CLUSTER)) {
            // A cluster's endpoints have its name.
            endpoints.again(response.getResourcesList().stream().map(Resource::getName).toList());
        }
        nonces++;
        metrics.pushes.increment();
        metrics.resources.add(response.getResourcesCount());
        LOG.debug(
                "xds {}: {} resources, {} removed of {}",
                name,
                response.getResourcesCount(),
                response.getRemovedResourcesCount(),
                response.getTypeUrl());
        out.onNext(response);
    }

    private void acknowledge(DeltaDiscoveryRequest request) {
        if (request.getResponseNonce().isEmpty()) {
            LOG.debug("xds {}: asks for {}", name, request.getTypeUrl());
        } else if (request.hasErrorDetail()) {
            metrics.nacks.increment();
            var reason = request.getErrorDetail().getMessage();
            LOG.warn(
                    "xds {}: refused response {} of {}: {}",
                    name,
                    request.getResponseNonce(),
                    request.getTypeUrl(),
                    reason.substring(0, Math.min(reason.length(), NACKS_LOGGED_CHARS)));
        } else {
            LOG.debug(
                    "xds {}: took response {} of {}",
                    name,
                    request.getResponseNonce(),
                    request.getTypeUrl());
        }
    }

    @Override
    public void onError(Throwable failure) {
        end(failure.toString());
    }

    @Override
    public void onCompleted() {
        if (end("completed by the client")) {
            out.onCompleted();
        }
    }

    /// Ends the stream from this side.
    void refuse(Status status) {
        if (end(String.valueOf(status.getDescription()))) {
            out.onError(status.asRuntimeException());
        }
    }

    /// From here on nothing is pushed, and the place in the server's count is free: the client that
    /// learns of the end may connect anew at once.
    ///
    /// @return false when it had ended before
    private boolean end(String reason) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            closed = true;
        } finally {
            lock.unlock();
        }
        metrics.streams.decrement();
        LOG.debug("xds {}: ended: {}", name, reason);
        ended.run();
        return true;
    }
}
