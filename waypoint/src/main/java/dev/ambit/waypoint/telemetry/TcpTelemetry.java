package dev.ambit.waypoint.telemetry;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.UpstreamHost;
import java.time.Duration;

/// What a TCP chain tells of each connection. On the connection's loop; never blocks and never
/// fails.
public interface TcpTelemetry {
    /// How often `onProgress` wants to be called; zero for never. `tcp_reporting_duration`.
    Duration interval();

    /// The connection has been taken; no stage has run.
    void onOpen(StreamInfo info);

    /// A host is chosen and about to be connected to.
    void onUpstream(StreamInfo info, ClusterFacts cluster, UpstreamHost host);

    /// The bytes in `info` are up to date.
    void onProgress(StreamInfo info);

    /// Last, once.
    void onEnd(StreamInfo info);

    TcpTelemetry NONE =
            new TcpTelemetry() {
                @Override
                public Duration interval() {
                    return Duration.ZERO;
                }

                @Override
                public void onOpen(StreamInfo info) {}

                @Override
                public void onUpstream(StreamInfo info, ClusterFacts cluster, UpstreamHost host) {}

                @Override
                public void onProgress(StreamInfo info) {}

                @Override
                public void onEnd(StreamInfo info) {}
            };
}
