package dev.ambit.waypoint.xds;

import dev.ambit.mesh.MeshLimits;
import dev.ambit.mesh.proto.discovery.AggregatedDiscoveryServiceGrpc;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.discovery.Status;
import dev.ambit.mesh.xds.Reconnect;
import dev.ambit.mesh.xds.WdsClient;
import io.grpc.ManagedChannel;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Delta ADS as a waypoint speaks it. A straight line on a virtual thread of its own: connect,
/// subscribe, take what comes, answer. State is kept over reconnects and named with its versions,
/// so the control plane sends the difference and says what is gone.
public final class AdsClient implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(AdsClient.class);

    private final WdsClient.Connector connector;
    private final WaypointNode node;
    private final List<ResourceType> types;
    private final Map<String, ResourceType> byUrl = new LinkedHashMap<>();
    private final Map<String, Ledger> ledgers = new LinkedHashMap<>();
    private final Pending pending;
    private final AdsEvents events;
    private final MeshLimits backoffs;
    private final XdsLimits limits;
    private final WdsClient.Sleeper sleeper;
    private final LongSupplier nanoTime;
    private final Clock clock;

    /// Names on this stream, by type.
    private final Map<String, Set<String>> subscribed = new HashMap<>();

    private volatile boolean closed;

    /// What waits for a message that may not come.
    interface Pending {
        /// Nanoseconds until `overdue` is to be called; 0 or less for now; `Long.MAX_VALUE` for
        /// never.
        long due(long nanoTime);

        void overdue();

        Pending NOTHING =
                new Pending() {
                    @Override
                    public long due(long nanoTime) {
                        return Long.MAX_VALUE;
                    }

                    @Override
                    public void overdue() {}
                };
    }

    /// @param sleeper the clock of the reconnects
    /// @param nanoTime the clock of what is pending
    /// @param clock for the dump
    record Times(WdsClient.Sleeper sleeper, LongSupplier nanoTime, Clock clock) {}

    /// @param types in the order in which they are subscribed to
    AdsClient(
            WdsClient.Connector connector,
            WaypointNode node,
            List<ResourceType> types,
            Pending pending,
            AdsEvents events,
            MeshLimits backoffs,
            XdsLimits limits,
            Times times) {
        this.connector = connector;
        this.node = node;
        this.types = List.copyOf(types);
        this.pending = pending;
        this.events = events;
        this.backoffs = backoffs;
        this.limits = limits;
        this.sleeper = times.sleeper();
        this.nanoTime = times.nanoTime();
        this.clock = times.clock();
        for (var type : types) {
            byUrl.put(type.typeUrl(), type);
            ledgers.put(type.typeUrl(), new Ledger(type.typeUrl()));
        }
    }

    /// By type URL, in the order of the types.
    public Map<String, Ledger> ledgers() {
        return ledgers;
    }

    public void close() {
        closed = true;
    }

    @Override
    public void run() {
        var backoff = backoffs.firstBackoff();
        try {
            while (!closed) {
                var session = session();
                if (closed) {
                    return;
                }
                var next = Reconnect.after(session.end, backoff, backoffs);
                events.terminated(next.reason(), session.detail);
                backoff = next.backoff();
                rest(next.pause());
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    /// What is overdue meanwhile is not held up by a control plane that is away.
    private void rest(Duration pause) throws InterruptedException {
        long left = pause.toNanos();
        while (left > 0) {
            long wait = Math.min(left, pending.due(nanoTime.getAsLong()));
            if (wait <= 0) {
                pending.overdue();
            } else {
                sleeper.sleep(Duration.ofNanos(wait));
                left -= wait;
            }
        }
    }

    private record Session(Reconnect.End end, String detail) {}

    /// One connection, from subscribing to its end.
    private Session session() throws InterruptedException {
        ManagedChannel channel = null;
        boolean answered = false;
        long startedAt = nanoTime.getAsLong();
        subscribed.clear();
        try {
            channel = connector.connect();
            var call = open(channel);
            subscribe(call);
            while (!closed) {
                var response = read(call);
                if (response == null) {
                    break;
                }
                if (!answered) {
                    answered = true;
                    events.connected();
                }
                call.write(applied(response));
                subscribe(call);
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
                    new Reconnect.End.Broken(io.grpc.Status.fromThrowable(ended), lasted),
                    describe(ended));
        } finally {
            if (channel != null) {
                channel.shutdownNow();
            }
        }
    }

    /// @return null at the end of the stream
    private @org.jspecify.annotations.Nullable DeltaDiscoveryResponse read(
            BlockingClientCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call)
            throws InterruptedException, StatusException {
        while (true) {
            long wait = pending.due(nanoTime.getAsLong());
            if (wait == Long.MAX_VALUE) {
                return call.read();
            }
            if (wait > 0) {
                try {
                    return call.read(wait, TimeUnit.NANOSECONDS);
                } catch (TimeoutException due) {
                    // Below.
                }
            }
            pending.overdue();
            subscribe(call);
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

    /// Says what has come to be wanted, and what no longer is.
    private void subscribe(BlockingClientCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call)
            throws InterruptedException, StatusException {
        for (var type : types) {
            var request = subscription(type);
            if (request != null) {
                call.write(request);
            }
        }
    }

    /// @return null where nothing changed
    private @org.jspecify.annotations.Nullable DeltaDiscoveryRequest subscription(
            ResourceType type) {
        var url = type.typeUrl();
        var wanted = type.names();
        var known = subscribed.get(url);
        if (known == null) {
            if (wanted.isPresent() && wanted.get().isEmpty()) {
                // An empty list would ask for everything.
                return null;
            }
            subscribed.put(url, Set.copyOf(wanted.orElse(Set.of())));
            return DeltaDiscoveryRequest.newBuilder()
                    .setNode(node.toProto())
                    .setTypeUrl(url)
                    .addAllResourceNamesSubscribe(new TreeSet<>(wanted.orElse(Set.of())))
                    .putAllInitialResourceVersions(held(url, wanted))
                    .build();
        }
        if (wanted.isEmpty() || wanted.get().equals(known)) {
            return null;
        }
        var more = new TreeSet<>(wanted.get());
        more.removeAll(known);
        var less = new TreeSet<>(known);
        less.removeAll(wanted.get());
        subscribed.put(url, Set.copyOf(wanted.get()));
        less.forEach(ledger(url)::removed);
        return DeltaDiscoveryRequest.newBuilder()
                .setTypeUrl(url)
                .addAllResourceNamesSubscribe(more)
                .addAllResourceNamesUnsubscribe(less)
                .build();
    }

    private Map<String, String> held(String url, java.util.Optional<Set<String>> wanted) {
        var versions = ledger(url).versions();
        wanted.ifPresent(names -> versions.keySet().retainAll(names));
        return versions;
    }

    private Ledger ledger(String url) {
        var ledger = ledgers.get(url);
        if (ledger == null) {
            throw new IllegalStateException("type " + url + " (expected: one of ours)");
        }
        return ledger;
    }

    /// Takes what is good, and says what is not.
    private DeltaDiscoveryRequest applied(DeltaDiscoveryResponse response) {
        var url = response.getTypeUrl();
        events.received(url, response.getSerializedSize());
        var answer =
                DeltaDiscoveryRequest.newBuilder()
                        .setTypeUrl(url)
                        .setResponseNonce(response.getNonce());
        var type = byUrl.get(url);
        if (type == null) {
            LOG.error("response of type {}, which nobody asked for: ignored", url);
            return answer.build();
        }
        var refusals = type.apply(response.getResourcesList(), response.getRemovedResourcesList());
        record(ledger(url), response, refusals);
        if (refusals.isEmpty()) {
            events.accepted(url);
            return answer.build();
        }
        var reasons = new ArrayList<String>();
        refusals.forEach((name, reason) -> {
            events.rejected(url, name, reason);
            reasons.add(name + ": " + reason);
        });
        var message = String.join("; ", reasons);
        if (message.length() > limits.reasonChars()) {
            message = message.substring(0, limits.reasonChars()) + "...";
        }
        return answer.setErrorDetail(
                        Status.newBuilder()
                                .setCode(io.grpc.Status.Code.INVALID_ARGUMENT.value())
                                .setMessage(message))
                .build();
    }

    private void record(
            Ledger ledger, DeltaDiscoveryResponse response, Map<String, String> refusals) {
        var now = clock.instant();
        response.getRemovedResourcesList().forEach(ledger::removed);
        for (var resource : response.getResourcesList()) {
            var refusal = refusals.get(resource.getName());
            if (refusal == null) {
                ledger.accepted(
                        resource.getName(), resource.getVersion(), resource.getResource(), now);
            } else {
                ledger.refused(
                        resource.getName(),
                        resource.getVersion(),
                        resource.getResource(),
                        now,
                        refusal);
            }
        }
    }
}
