package dev.ambit.hbone;

import static io.netty.buffer.ByteBufUtil.writeUtf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// TLS of both roles over a wire in memory, on a clock that stands still.
class TlsDuplexTest {
    private static final HboneLimits LIMITS = HboneLimits.defaults();
    private static final int WINDOW = 1 << 20;

    private final EmbeddedChannel clock = new EmbeddedChannel();
    private final DuplexPair wire = new DuplexPair(clock.eventLoop(), WINDOW);
    private final List<TlsDuplex.Result> clients = new ArrayList<>();
    private final List<TlsDuplex.Result> servers = new ArrayList<>();
    private final CollectingInlet atClient = new CollectingInlet();
    private final CollectingInlet atServer = new CollectingInlet();

    private void handshake(String clientName) {
        clock.freezeTime();
        var server = TestTls.context("server", false).newHandler(ByteBufAllocator.DEFAULT);
        var client = TestTls.context(clientName, true).newHandler(ByteBufAllocator.DEFAULT);
        TlsDuplex.over(wire.far, server, LIMITS, servers::add);
        TlsDuplex.over(wire.near, client, LIMITS, clients::add);
        run();
    }

    private void run() {
        clock.runPendingTasks();
    }

    private static TlsDuplex ready(List<TlsDuplex.Result> results) {
        return ((TlsDuplex.Result.Ready) results.getFirst()).duplex();
    }

    @AfterEach
    void close() {
        var over = new ResetReason(ResetReason.Kind.LOCAL, "test is over");
        for (var result : List.of(clients, servers)) {
            result.forEach(one -> {
                if (one instanceof TlsDuplex.Result.Ready(var duplex, _, _)) {
                    duplex.reset(over);
                }
            });
        }
        run();
        clock.advanceTimeBy(1, TimeUnit.HOURS);
        clock.runScheduledPendingTasks();
        run();
    }

    @Test
    void handshake_ofBoth_agreesOnAlpn() {
        handshake("client");

        assertThat(clients)
                .singleElement()
                .isInstanceOfSatisfying(
                        TlsDuplex.Result.Ready.class,
                        ready -> {
                            assertThat(ready.alpn()).isEqualTo("h2");
                            assertThat(ready.session().getProtocol()).isEqualTo("TLSv1.3");
                        });
        assertThat(servers).hasSize(1);
    }

    @Test
    void bytes_bothWays_arriveAndAreTaken() {
        handshake("client");
        ready(clients).attach(atClient);
        ready(servers).attach(atServer);

        ready(clients).write(writeUtf8(ByteBufAllocator.DEFAULT, "question"));
        ready(clients).flush();
        ready(servers).write(writeUtf8(ByteBufAllocator.DEFAULT, "answer"));
        ready(servers).flush();
        run();

        assertThat(atServer.text).hasToString("question");
        assertThat(atClient.text).hasToString("answer");
        assertThat(atClient.taken).isEqualTo(8);
        assertThat(atServer.taken).isEqualTo(6);
    }

    @Test
    void bytes_beforeAttach_areKept() {
        handshake("client");
        ready(servers).attach(atServer);
        ready(servers).write(writeUtf8(ByteBufAllocator.DEFAULT, "220 server speaks first"));
        ready(servers).flush();
        run();

        ready(clients).attach(atClient);
        run();

        assertThat(atClient.text).hasToString("220 server speaks first");
    }

    @Test
    void end_afterBytes_isToldLast_andEndsTheOtherToo() {
        handshake("client");
        ready(clients).attach(atClient);
        ready(servers).attach(atServer);

        ready(clients).write(writeUtf8(ByteBufAllocator.DEFAULT, "all of it"));
        ready(clients).endOutput();
        run();
        assertThat(atServer.text).hasToString("all of it");
        assertThat(atServer.ends).isEqualTo(1);

        ready(servers).write(writeUtf8(ByteBufAllocator.DEFAULT, "too late"));
        ready(servers).flush();
        ready(servers).endOutput();
        run();

        assertThat(atServer.taken).as("nobody waits for it").isEqualTo(8);
        assertThat(atClient.ends).isEqualTo(1);
        assertThat(atClient.resets).isEmpty();
    }

    @Test
    void reset_isPassedOn() {
        handshake("client");
        ready(clients).attach(atClient);
        ready(servers).attach(atServer);

        ready(clients).reset(new ResetReason(ResetReason.Kind.LOCAL, "enough"));
        run();

        assertThat(atServer.resets).hasSize(1);
        assertThat(atClient.resets).as("who resets is told nothing").isEmpty();
    }

    @Test
    void delivery_withoutCredit_stops() {
        handshake("client");
        ready(clients).attach(atClient);
        ready(servers).attach(atServer);
        int many = 8 * LIMITS.socketUnreadBytes();

        for (int sent = 0; sent < many; sent += 16 << 10) {
            ready(clients).write(Unpooled.buffer(16 << 10).writeZero(16 << 10));
        }
        ready(clients).flush();
        run();
        int before = atServer.bytes;
        assertThat(before).isLessThan(2 * LIMITS.socketUnreadBytes() + WINDOW);

        while (atServer.bytes < many) {
            int had = atServer.bytes;
            ready(servers).grant(before);
            run();
            before = atServer.bytes - had;
            assertThat(before).as("credit brings more").isPositive();
        }
        assertThat(atClient.taken).isEqualTo(many);
    }

    @Test
    void handshake_withAStrangersBytes_fails() {
        clock.freezeTime();
        var client = TestTls.context("client", true).newHandler(ByteBufAllocator.DEFAULT);
        TlsDuplex.over(wire.near, client, LIMITS, clients::add);
        wire.far.attach(atServer);
        run();
        wire.far.write(writeUtf8(ByteBufAllocator.DEFAULT, "HTTP/1.1 400 Bad Request\r\n\r\n"));
        wire.far.flush();
        run();

        assertThat(clients).singleElement().isInstanceOf(TlsDuplex.Result.Failed.class);
    }

    @Test
    void handshake_thatNobodyAnswers_timesOut() {
        clock.freezeTime();
        var client = TestTls.context("client", true).newHandler(ByteBufAllocator.DEFAULT);
        TlsDuplex.over(wire.near, client, LIMITS, clients::add);
        run();

        clock.advanceTimeBy(
                LIMITS.tlsHandshake().plus(Duration.ofSeconds(1)).toMillis(),
                TimeUnit.MILLISECONDS);
        clock.runScheduledPendingTasks();
        run();

        assertThat(clients).singleElement().isInstanceOf(TlsDuplex.Result.Failed.class);
    }
}
