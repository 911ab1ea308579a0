package dev.ambit.waypoint.telemetry.metrics;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.Step;

/// Has the messages of gRPC exchanges reported while they last. All else of Istio's metrics is
/// reported at the end.
public final class StatsStage implements HttpStage {
    private final String name;
    private final StatsChain stats;

    public StatsStage(String name, StatsChain stats) {
        this.name = name;
        this.stats = stats;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Step onRequest(Exchange exchange) {
        var messages = GrpcMessages.of(exchange.info());
        if (messages != null && !stats.interval().isZero()) {
            GrpcWatch.watch(exchange.loop(), messages, stats);
        }
        return Step.NEXT;
    }

    /// At the end of every exchange: what was not reported yet.
    public static void finish(StatsChain stats, StreamInfo info) {
        var messages = GrpcMessages.of(info);
        if (messages != null) {
            GrpcWatch.unwatch(messages);
            messages.report(stats);
        }
    }
}
