package dev.ambit.waypoint.telemetry;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.telemetry.log.AccessLog;
import dev.ambit.waypoint.telemetry.metrics.StatsChain;
import dev.ambit.waypoint.telemetry.metrics.StatsStage;
import dev.ambit.waypoint.telemetry.trace.Tracer;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.UpstreamHost;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an HTTP chain tells: metrics, access logs, spans. For any thread.
public final class HttpTelemetry implements ChainTelemetry {
    private final UpstreamPeers destinations;
    private final @Nullable Tracer tracer;
    private final StatsChain[] stats;
    private final AccessLog[] logs;

    /// @param tracer null where the chain does not trace
    /// @param stats one for each of Istio's filters in the chain
    public HttpTelemetry(
            UpstreamPeers destinations,
            @Nullable Tracer tracer,
            List<StatsChain> stats,
            List<AccessLog> logs) {
        this.destinations = destinations;
        this.tracer = tracer;
        this.stats = stats.toArray(StatsChain[]::new);
        this.logs = logs.toArray(AccessLog[]::new);
    }

    @Override
    public void onRequest(
            StreamInfo info, RequestHead request, String operation, boolean propagate) {
        if (tracer != null) {
            tracer.begin(info, request, operation, propagate);
        }
    }

    @Override
    public void onAttempt(
            StreamInfo info, RequestHead upstream, ClusterFacts cluster, UpstreamHost host) {
        info.upstreamPeer = destinations.find(info, host);
        if (tracer != null) {
            tracer.inject(info, upstream);
        }
    }

    @Override
    public void onResponse(StreamInfo info, ResponseHead response) {
        if (tracer != null) {
            tracer.respond(info, response);
        }
    }

    @Override
    public void onEnd(StreamInfo info) {
        if (info.request != null) {
            for (var each : stats) {
                StatsStage.finish(each, info);
                each.ended(info);
            }
        }
        if (tracer != null) {
            tracer.finish(info);
        }
        for (var log : logs) {
            log.log(info);
        }
    }
}
