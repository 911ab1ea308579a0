package dev.ambit.mesh.xds;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.ambit.mesh.MeshLimits;
import dev.ambit.mesh.proto.discovery.AggregatedDiscoveryServiceGrpc;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.discovery.Resource;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.workload.Address;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Delta ADS as a ztunnel speaks it: two wildcard subscriptions, state kept over reconnects and
/// reported with its versions, so that the control plane sends the difference and names what is
/// gone. A straight line on a virtual thread of its own: connect, subscribe, apply, answer.
public final class WdsClient implements Runnable {
    public static final String ADDRESS = "type.googleapis.com/istio.workload.Address";
    public static final String AUTHORIZATION = "type.googleapis.com/istio.security.Authorization";

    private static final Logger LOG = LoggerFactory.getLogger(WdsClient.class);

    private final Connector connector;
    private final NodeInfo node;
    private final MeshStore store;
    private final WdsEvents events;
    private final MeshLimits limits;
    private final Sleeper sleeper;
    private final PolicyMapper policyMapper;
    private final LongSupplier nanoTime;

    /// What is held, by type: resource name to the server's version.
    private final Map<String, Map<String, String>> retained = new LinkedHashMap<>();

    private final Set<String> received = new HashSet<>();
    private volatile boolean closed;

    /// Makes a connection, and the headers of a call on it.
    public interface Connector {
        ManagedChannel connect() throws IOException;

        Metadata headers() throws IOException;
    }

    /// Waits; the clock of the reconnects.
    public interface Sleeper {
        void sleep(Duration duration) throws InterruptedException;
    }

    public WdsClient(
            Connector connector,
            NodeInfo node,
            MeshStore store,
            WdsEvents events,
            MeshLimits limits,
            Sleeper sleeper,
            LongSupplier nanoTime) {
        this.connector = connector;
        this.node = node;
        this.store = store;
        this.events = events;
        this.limits = limits;
        this.sleeper = sleeper;
        this.policyMapper = new PolicyMapper(store.unknownPolicy());
        this.nanoTime = nanoTime;
        retained.put(ADDRESS, new HashMap<>());
        retained.put(AUTHORIZATION, new HashMap<>());
    }

    public void close() {
        closed = true;
    }

    @Override
    public void run() {
        var backoff = limits.firstBackoff();
        try {
            while (!closed) {
                var session = session();
                if (closed) {
                    return;
                }
                var next = Reconnect.after(session.end, backoff, limits);
                events.terminated(next.reason(), session.detail);
                backoff = next.backoff();
                sleeper.sleep(next.pause());
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private record Session(Reconnect.End end, String detail) {}

    /// One connection, from subscribing to its end.
    private Session session() throws InterruptedException {
        ManagedChannel channel = null;
        boolean answered = false;
        long startedAt = nanoTime.getAsLong();
        try {
            channel = connector.connect();
            var call = open(channel);
            for (var type : retained.keySet()) {
                call.write(subscription(type));
            }
            while (!closed) {
                var response = call.read();
                if (response == null) {
                    break;
                }
                answered = true;
                call.write(applied(response));
            }
            return new Session(new Reconnect.End.Finished(), "the control plane ended the stream");
        } catch (IOException local) {
            return new Session(new Reconnect.End.NeverWorked(), String.valueOf(local.getMessage()));
        } catch (StatusRuntimeException | StatusException ended) {
            if (!answered) {
                return new Session(new Reconnect.End.NeverWorked(), describe(ended));
            }
            var lasted = Duration.ofNanos(nanoTime.getAsLong() - startedAt);
            return new Session(
                    new Reconnect.End.Broken(Status.fromThrowable(ended), lasted), describe(ended));
        } finally {
            if (channel != null) {
                channel.shutdownNow();
            }
        }
    }

    private static String describe(Exception ended) {
        var cause = ended.getCause() == null ? "" : " (" + ended.getCause().getMessage() + ")";
        return ended.getMessage() + cause;
    }

    private BlockingClientCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> open(
            ManagedChannel channel) throws IOException {
        var stub =
                AggregatedDiscoveryServiceGrpc.newBlockingV2Stub(channel)
                        .withInterceptors(
                                MetadataUtils.newAttachHeadersInterceptor(connector.headers()));
        return ClientCalls.blockingBidiStreamingCall(
                stub.getChannel(),
                AggregatedDiscoveryServiceGrpc.getDeltaAggregatedResourcesMethod(),
                stub.getCallOptions());
    }

    private DeltaDiscoveryRequest subscription(String type) {
        return DeltaDiscoveryRequest.newBuilder()
                .setNode(node.toProto())
                .setTypeUrl(type)
                .putAllInitialResourceVersions(held(type))
                .build();
    }

    private Map<String, String> held(String type) {
        return retained.getOrDefault(type, Map.of());
    }

    /// Applies what is good, and says what is not. A node is ready once both types came, refused
    /// resources or not: what a refused policy covers is denied, and the rest can work.
    private DeltaDiscoveryRequest applied(DeltaDiscoveryResponse response) {
        var type = response.getTypeUrl();
        events.received(type, response.getSerializedSize());
        var answer =
                DeltaDiscoveryRequest.newBuilder()
                        .setTypeUrl(type)
                        .setResponseNonce(response.getNonce());
        var versions = retained.get(type);
        if (versions == null) {
            LOG.error("response of type {}, which nobody asked for: ignored", type);
            return answer.build();
        }
        var problems = new ArrayList<String>();
        var batch = new ArrayList<Change>();
        for (var resource : response.getResourcesList()) {
            try {
                batch.add(map(type, resource));
                versions.put(resource.getName(), resource.getVersion());
            } catch (MappingFault unusable) {
                // Without a version a reconnect brings it again. An older one that stays in the
                // store is still named, or its removal meanwhile would never be told; and so is a
                // refused policy, which denies until it is taken back.
                versions.computeIfPresent(resource.getName(), (_, _) -> "");
                if (type.equals(AUTHORIZATION)) {
                    versions.put(resource.getName(), "");
                    var bytes = resource.getResource().getValue();
                    batch.add(
                            new Change.RefusePolicy(
                                    PolicyMapper.refused(resource.getName(), bytes, unusable)));
                }
                problems.add(resource.getName() + ": " + unusable.text());
                events.rejected(type, resource.getName(), unusable.text());
            }
        }
        for (var name : response.getRemovedResourcesList()) {
            versions.remove(name);
            batch.add(
                    type.equals(ADDRESS)
                            ? new Change.RemoveAddress(name)
                            : new Change.RemovePolicy(name));
        }
        store.apply(batch);
        if (received.add(type) && received.size() == retained.size()) {
            events.ready();
        }
        if (!problems.isEmpty()) {
            answer.setErrorDetail(
                    dev.ambit.mesh.proto.discovery.Status.newBuilder()
                            .setCode(0)
                            .setMessage(String.join("; ", problems)));
        }
        return answer.build();
    }

    private Change map(String type, Resource resource) throws MappingFault {
        var bytes = resource.getResource().getValue();
        try {
            return type.equals(ADDRESS)
                    ? AddressMapper.map(Address.parseFrom(bytes))
                    : policyMapper.map(Authorization.parseFrom(bytes));
        } catch (InvalidProtocolBufferException malformed) {
            throw new MappingFault(
                    "resource",
                    String.valueOf(malformed.getMessage()),
                    "a message of type " + type);
        }
    }
}
