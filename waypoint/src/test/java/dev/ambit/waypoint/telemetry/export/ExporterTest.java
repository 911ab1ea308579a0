package dev.ambit.waypoint.telemetry.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.telemetry.TelemetryLimits;
import dev.ambit.waypoint.telemetry.export.Exporter.Batching;
import dev.ambit.waypoint.upstream.call.OneHost;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExporterTest {
    private static final Destination.Http HTTP =
            new Destination.Http(
                    "c",
                    "host",
                    "/p",
                    "application/json",
                    Map.of("x-key", "k"),
                    Duration.ofSeconds(5));
    private static final Destination.GrpcService STREAM =
            new Destination.GrpcService("c", "a", "p.S/M", Map.of(), Duration.ofSeconds(5), true);
    private static final Destination.GrpcService UNARY =
            new Destination.GrpcService("c", "a", "p.S/M", Map.of(), Duration.ofSeconds(5), false);

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final OneHost host = new OneHost(channel.eventLoop(), "c");
    private final ExportLoop loop = new ExportLoop();
    private final Exporter.Counts counts = Exporter.Counts.start();

    @AfterEach
    void close() {
        channel.close();
    }

    private Exporter exporter(Destination destination, TelemetryLimits limits, int entries) {
        channel.freezeTime();
        Envelope envelope =
                (batch, first) ->
                        ((first ? "!" : "")
                                        + batch.stream()
                                                .map(e -> new String(e, StandardCharsets.UTF_8))
                                                .collect(Collectors.joining(",")))
                                .getBytes(StandardCharsets.UTF_8);
        return new Exporter(
                destination,
                envelope,
                loop,
                limits,
                new Batching(1_000, entries, Duration.ofSeconds(1)),
                counts);
    }

    private static byte[] entry(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void pass(long millis) {
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
    }

    private List<String> bodies() {
        return host.exchanges.stream().map(e -> e.body.toString(StandardCharsets.UTF_8)).toList();
    }

    private void answer(int exchange, int status) {
        host.exchanges.get(exchange).answer(status, new Headers(), new byte[0], new Headers());
        channel.runPendingTasks();
    }

    @Test
    void entries_gatherUntilTheirTime() {
        loop.attach(channel.eventLoop(), host);
        var exporter = exporter(HTTP, TelemetryLimits.defaults(), 100);
        exporter.offer(entry("a"));
        exporter.offer(entry("b"));
        pass(900);
        assertThat(bodies()).isEmpty();
        pass(200);
        assertThat(bodies()).containsExactly("!a,b");
        assertThat(host.last().head.headers().toString())
                .isEqualTo("content-type: application/json\nx-key: k\ncontent-length: 4\n");
        assertThat(host.last().head.authority()).isEqualTo("host");
        answer(0, 202);
        assertThat(counts.sent().sum()).isEqualTo(2);
    }

    @Test
    void entries_enoughForAMessage_goAtOnce() {
        loop.attach(channel.eventLoop(), host);
        var exporter = exporter(HTTP, TelemetryLimits.defaults(), 2);
        for (var text : List.of("a", "b", "c")) {
            exporter.offer(entry(text));
        }
        channel.runPendingTasks();
        assertThat(bodies()).containsExactly("!a,b", "c");
        answer(0, 500);
        host.last().inlet.onReset(new StreamReset(StreamReset.Kind.REMOTE, "gone"));
        assertThat(counts.failed().sum()).isEqualTo(3);
    }

    @Test
    void entries_tooMany_areDroppedAndCounted() {
        loop.attach(channel.eventLoop(), host);
        var exporter = exporter(HTTP, TelemetryLimits.defaults().withExport(3, 1), 100);
        for (int at = 0; at < 5; at++) {
            exporter.offer(entry("x"));
        }
        assertThat(counts.dropped().sum()).isEqualTo(2);
    }

    @Test
    void messages_inFlight_areLimited() {
        loop.attach(channel.eventLoop(), host);
        var exporter = exporter(HTTP, TelemetryLimits.defaults().withExport(3, 1), 1);
        for (var text : List.of("a", "b", "c", "d")) {
            exporter.offer(entry(text));
            channel.runPendingTasks();
        }
        assertThat(bodies()).containsExactly("!a");
        answer(0, 200);
        assertThat(bodies()).containsExactly("!a", "b");
        answer(1, 200);
        answer(2, 200);
        answer(3, 200);
        assertThat(bodies()).containsExactly("!a", "b", "c", "d");
        assertThat(counts.sent().sum()).isEqualTo(4);
    }

    @Test
    void entries_beforeThereIsALoop_wait() {
        var exporter = exporter(HTTP, TelemetryLimits.defaults(), 100);
        exporter.offer(entry("a"));
        loop.attach(channel.eventLoop(), host);
        channel.runPendingTasks();
        assertThat(bodies()).containsExactly("!a");
    }

    @Test
    void unary_answered_isSent() {
        loop.attach(channel.eventLoop(), host);
        var exporter = exporter(UNARY, TelemetryLimits.defaults(), 1);
        exporter.offer(entry("a"));
        channel.runPendingTasks();
        assertThat(host.last().body.toByteArray()).containsExactly(0, 0, 0, 0, 2, '!', 'a');
        host.last().answer(200, new Headers(), new byte[5], new Headers().add("grpc-status", "0"));
        assertThat(counts.sent().sum()).isEqualTo(1);
    }

    @Test
    void stream_isOpenedOnce_andAnewAfterItEnded() {
        loop.attach(channel.eventLoop(), host);
        var exporter = exporter(STREAM, TelemetryLimits.defaults(), 1);
        exporter.offer(entry("a"));
        channel.runPendingTasks();
        exporter.offer(entry("b"));
        channel.runPendingTasks();
        assertThat(host.exchanges).hasSize(1);
        assertThat(host.last().body.toByteArray())
                .containsExactly(0, 0, 0, 0, 2, '!', 'a', 0, 0, 0, 0, 1, 'b');
        host.last().inlet.onReset(new StreamReset(StreamReset.Kind.REMOTE, "gone"));
        exporter.offer(entry("c"));
        channel.runPendingTasks();
        assertThat(host.exchanges).hasSize(2);
        assertThat(host.last().body.toByteArray()).containsExactly(0, 0, 0, 0, 2, '!', 'c');
        assertThat(counts.sent().sum()).isEqualTo(3);
    }

    @Test
    void stream_thatTakesNothing_dropsInsteadOfHolding() {
        loop.attach(channel.eventLoop(), host);
        var exporter = exporter(STREAM, TelemetryLimits.defaults().withExport(100, 1), 1);
        exporter.offer(new byte[1_200]);
        channel.runPendingTasks();
        exporter.offer(entry("b"));
        channel.runPendingTasks();
        assertThat(counts.dropped().sum()).isEqualTo(1);
    }

    @Test
    void stream_toNowhere_losesWhatWaited() {
        loop.attach(channel.eventLoop(), _ -> null);
        var exporter = exporter(STREAM, TelemetryLimits.defaults(), 1);
        exporter.offer(entry("a"));
        channel.runPendingTasks();
        exporter.offer(entry("b"));
        channel.runPendingTasks();
        assertThat(counts.failed().sum()).isEqualTo(2);
    }

    @Test
    void sameConfiguration_isOneExporter() {
        var exporters = new Exporters(loop, TelemetryLimits.defaults());
        Envelope envelope = (_, _) -> new byte[0];
        var batching = Batching.of(TelemetryLimits.defaults());
        assertThat(exporters.get("k", HTTP, envelope, batching))
                .isSameAs(exporters.get("k", HTTP, envelope, batching))
                .isNotSameAs(exporters.get("l", HTTP, envelope, batching));
    }
}
