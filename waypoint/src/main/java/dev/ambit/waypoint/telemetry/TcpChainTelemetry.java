package dev.ambit.waypoint.telemetry;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.log.AccessLog;
import dev.ambit.waypoint.telemetry.metrics.StatsChain;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.UpstreamHost;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a TCP chain tells: metrics while a connection lasts, access logs at its end. For any
/// thread.
public final class TcpChainTelemetry implements TcpTelemetry {
    private final UpstreamPeers destinations;
    private final @Nullable StatsChain stats;
    private final AccessLog[] logs;

    /// @param stats null where the chain has no metrics
    public TcpChainTelemetry(
            UpstreamPeers destinations, @Nullable StatsChain stats, List<AccessLog> logs) {
        this.destinations = destinations;
        this.stats = stats;
        this.logs = logs.toArray(AccessLog[]::new);
    }

    @Override
    public Duration interval() {
        return stats == null ? Duration.ZERO : stats.interval();
    }

    @Override
    public void onOpen(StreamInfo info) {}

    @Override
    public void onUpstream(StreamInfo info, ClusterFacts cluster, UpstreamHost host) {
        info.upstreamPeer = destinations.find(info, host);
    }

    @Override
    public void onProgress(StreamInfo info) {
        if (stats != null) {
            series(stats, info).progress(info);
        }
    }

    /// Opened connections are counted when their peers are known: at the first report, or at the
    /// end.
    private static StatsChain.TcpSeries series(StatsChain stats, StreamInfo info) {
        if (info.span instanceof StatsChain.TcpSeries known) {
            return known;
        }
        var series = stats.opened(info);
        info.span = series;
        return series;
    }

    @Override
    public void onEnd(StreamInfo info) {
        if (stats != null) {
            series(stats, info).closed(info);
        }
        for (var log : logs) {
            log.log(info);
        }
    }
}
