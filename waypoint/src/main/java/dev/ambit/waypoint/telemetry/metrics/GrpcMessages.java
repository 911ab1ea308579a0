package dev.ambit.waypoint.telemetry.metrics;

import dev.ambit.waypoint.exchange.StreamInfo;
import org.jspecify.annotations.Nullable;

/// Messages of one gRPC exchange so far. On its loop.
public final class GrpcMessages {
    /// Of `StreamInfo.filterState`, Envoy's name.
    public static final String KEY = "envoy.filters.http.grpc_stats";

    private final StreamInfo info;
    private long requests;
    private long responses;
    private long reportedRequests;
    private long reportedResponses;

    // ---- the list of GrpcWatch
    @Nullable GrpcMessages previous;
    @Nullable GrpcMessages next;
    @Nullable GrpcWatch watch;
    @Nullable StatsChain stats;
    long due;

    GrpcMessages(StreamInfo info) {
        this.info = info;
    }

    /// Null where the exchange is no gRPC, or nobody counts.
    static @Nullable GrpcMessages of(StreamInfo info) {
        return info.filterState().get(KEY) instanceof GrpcMessages messages ? messages : null;
    }

    void countRequests(long messages) {
        requests += messages;
    }

    void countResponses(long messages) {
        responses += messages;
    }

    long requests() {
        return requests;
    }

    long responses() {
        return responses;
    }

    /// Counts what came since the last call.
    void report(StatsChain to) {
        if (requests != reportedRequests || responses != reportedResponses) {
            to.messages(info, requests - reportedRequests, responses - reportedResponses);
            reportedRequests = requests;
            reportedResponses = responses;
        }
    }

    @Override
    public String toString() {
        return requests + "," + responses;
    }
}
