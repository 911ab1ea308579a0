package dev.ambit.waypoint.telemetry.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.Step;
import dev.ambit.waypoint.telemetry.Exchanges;
import dev.ambit.waypoint.telemetry.TelemetryLimits;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GrpcStatsStageTest {
    /// An exchange that only knows its head and what is known of it.
    private record Known(StreamInfo info, EventLoop loop, RequestHead request) implements Exchange {
        @Override
        public Upstreams upstreams() {
            return _ -> null;
        }

        @Override
        public @Nullable Object route() {
            return null;
        }

        @Override
        public @Nullable Object routeConfig(String stageName) {
            return null;
        }

        @Override
        public void clearRoute() {}

        @Override
        public void resume(Step step) {}

        @Override
        public boolean ended() {
            return false;
        }

        @Override
        public void whenEnded(Runnable callback) {}
    }

    private static Known exchange(EventLoop loop, String contentType) {
        var request = Exchanges.request("POST", "h", "/s/m", "content-type", contentType);
        var info = new StreamInfo(Exchanges.connection("10.0.0.1:1", 1), 0, 1);
        info.request = request;
        return new Known(info, loop, request);
    }

    @Property(tries = 200)
    @Tag("fuzz")
    void messages_cutAnywhere_areCountedOnce(
            @ForAll @Size(max = 20) List<@IntRange(max = 300) Integer> lengths,
            @ForAll @IntRange(min = 1, max = 40) int cut) {
        var channel = new EmbeddedChannel();
        var exchange = exchange(channel.eventLoop(), "application/grpc");
        var stage = new GrpcStatsStage("envoy.filters.http.grpc_stats");
        stage.onRequest(exchange);
        var transform = Objects.requireNonNull(stage.requestBody(exchange));
        var whole = Unpooled.buffer();
        for (int length : lengths) {
            whole.writeByte(0).writeInt(length).writeZero(length);
        }
        while (whole.isReadable()) {
            ByteBuf out =
                    transform.onData(whole.readRetainedSlice(Math.min(cut, whole.readableBytes())));
            assertThat(out.readableBytes()).isPositive();
            out.release();
        }
        whole.release();
        channel.close();
        var messages = Objects.requireNonNull(GrpcMessages.of(exchange.info()));
        assertThat(messages.requests()).isEqualTo(lengths.size());
    }

    @Test
    void other_exchanges_areLeftAlone() {
        var channel = new EmbeddedChannel();
        var exchange = exchange(channel.eventLoop(), "application/grpc-web");
        var stage = new GrpcStatsStage("s");
        stage.onRequest(exchange);
        assertThat(stage.requestBody(exchange)).isNull();
        channel.close();
    }

    @Test
    void longExchange_isReportedWhileItLasts_andNotAfter() {
        var channel = new EmbeddedChannel();
        channel.freezeTime();
        var table = new SeriesTable(TelemetryLimits.defaults(), () -> 0);
        var stats = new StatsChain(table, StatsConfig.DEFAULTS, TelemetryLimits.defaults());
        var exchange = exchange(channel.eventLoop(), "application/grpc");
        new GrpcStatsStage("s").onRequest(exchange);
        new StatsStage("t", stats).onRequest(exchange);
        var messages = Objects.requireNonNull(GrpcMessages.of(exchange.info()));
        messages.countRequests(2);
        pass(channel, Duration.ofSeconds(4));
        assertThat(table.text()).doesNotContain("istio_request_messages_total{");
        pass(channel, Duration.ofSeconds(2));
        assertThat(table.text()).contains("istio_request_messages_total{").contains("} 2\n");
        messages.countResponses(1);
        StatsStage.finish(stats, exchange.info());
        pass(channel, Duration.ofSeconds(20));
        assertThat(table.text().lines().filter(l -> l.startsWith("istio_response_messages_total{")))
                .singleElement()
                .asString()
                .endsWith("} 1");
        channel.close();
    }

    private static void pass(EmbeddedChannel channel, Duration time) {
        for (long second = 0; second < time.toSeconds(); second++) {
            channel.advanceTimeBy(1, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
        }
    }
}
