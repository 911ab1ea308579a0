package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.TcpTelemetry;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.UpstreamHost;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What a TCP chain tells.
final class TcpTold implements TcpTelemetry {
    final List<String> told = new ArrayList<>();
    final List<StreamInfo> ended = new ArrayList<>();

    @Override
    public Duration interval() {
        return Duration.ofSeconds(5);
    }

    @Override
    public void onOpen(StreamInfo info) {
        told.add("open");
    }

    @Override
    public void onUpstream(StreamInfo info, ClusterFacts cluster, UpstreamHost host) {
        told.add("upstream " + cluster.name());
    }

    @Override
    public void onProgress(StreamInfo info) {
        told.add("progress " + info.bytesReceived + " " + info.bytesSent);
    }

    @Override
    public void onEnd(StreamInfo info) {
        told.add("end");
        ended.add(info);
    }

    String flags() {
        var text = new StringBuilder();
        ended.getLast()
                .flags()
                .forEach(flag -> text.append(text.isEmpty() ? "" : ",").append(flag.text()));
        return text.toString();
    }
}
