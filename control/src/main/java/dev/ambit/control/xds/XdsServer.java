package dev.ambit.control.xds;

import dev.ambit.control.token.Caller;
import dev.ambit.mesh.proto.discovery.AggregatedDiscoveryServiceGrpc;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Delta ADS. Callers were authenticated before they get here.
public final class XdsServer
        extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(XdsServer.class);

    private final int streamsMax;
    private final Executor pushers;
    private final XdsMetrics metrics = new XdsMetrics();
    private final Set<DeltaStream> streams = ConcurrentHashMap.newKeySet();
    private volatile Views newest = Views.of(Snapshot.empty());

    /// @param pushers where pushes to single clients run; they block on nothing but each other
    public XdsServer(int streamsMax, Executor pushers) {
        this.streamsMax = streamsMax;
        this.pushers = pushers;
    }

    public XdsMetrics metrics() {
        return metrics;
    }

    Views newest() {
        return newest;
    }

    /// From now on the newest state; clients are sent the difference.
    public void publish(Views views) {
        newest = views;
        for (var stream : streams) {
            pushers.execute(stream::push);
        }
    }

    @Override
    public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
            StreamObserver<DeltaDiscoveryResponse> responses) {
        var out = (ServerCallStreamObserver<DeltaDiscoveryResponse>) responses;
        var caller = Caller.current();
        var holder = new DeltaStream[1];
        var stream =
                new DeltaStream(
                        out, () -> newest, metrics, caller, () -> streams.remove(holder[0]));
        holder[0] = stream;
        streams.add(stream);
        if (streams.size() > streamsMax) {
            LOG.warn("xds {}: refused: {} streams are open already", caller, streamsMax);
            stream.refuse(
                    Status.RESOURCE_EXHAUSTED.withDescription(
                            "streams: " + streamsMax + " are open (the limit)"));
        }
        return stream;
    }
}
