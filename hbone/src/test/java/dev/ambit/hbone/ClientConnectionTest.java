package dev.ambit.hbone;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.Frames.Frame;
import dev.ambit.hbone.frames.Http2;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The client's side against a server that writes its frames by hand, on a clock that stands still.
class ClientConnectionTest {
    private static final int BOTH_ENDS = Http2.END_HEADERS | Http2.END_STREAM;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final List<ByteBuf> given = new ArrayList<>();
    private final List<ResetReason> ends = new ArrayList<>();
    private final ClientConnection connection =
            new ClientConnection(
                    HboneLimits.defaults(),
                    new ClientConnection.Listener() {
                        @Override
                        public void onCapacity(ClientConnection changed) {}

                        @Override
                        public void onClosed(ClientConnection closed, ResetReason reason) {
                            ends.add(reason);
                        }
                    });

    ClientConnectionTest() {
        channel.freezeTime();
        channel.pipeline().addLast(connection);
        connection.start(true);
        sent();
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
        encoder.close();
        assertThat(given).as("input that is still held").allMatch(input -> input.refCnt() == 0);
    }

    private List<Frame> sent() {
        return Frames.sentBy(channel);
    }

    private void give(ByteBuf input) {
        given.add(input);
        channel.writeInbound(input);
    }

    private void give(int type, int flags, int stream, int... payload) {
        give(Frames.frame(type, flags, stream, payload));
    }

    private void giveData(int stream, int length, int flags) {
        give(Frames.frame(Http2.DATA, flags, stream, Unpooled.buffer().writeZero(length)));
    }

    private void answer(int stream, String status, int flags) {
        give(Frames.headers(encoder, stream, new DefaultHttp2Headers().status(status), flags));
    }

    /// The server's SETTINGS, and one CONNECT that has been answered; its stream is number 1.
    private Asked opened() {
        give(Http2.SETTINGS, 0, 0);
        var asked = connect();
        answer(1, "200", Http2.END_HEADERS);
        asked.stream().attach(asked.inlet);
        sent();
        return asked;
    }

    private Asked connect() {
        var asked = new Asked();
        connection.connect(ConnectRequest.to("10.0.0.2:80", "", "", ""), asked);
        return asked;
    }

    private void pass(long seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
    }

    /// What became of one CONNECT.
    private static final class Asked implements TunnelStream.ReplyListener {
        final CollectingInlet inlet = new CollectingInlet();
        final List<TunnelStream> streams = new ArrayList<>();
        final List<Integer> statuses = new ArrayList<>();
        final List<String> losses = new ArrayList<>();
        boolean unprocessed;

        TunnelStream stream() {
            return streams.getFirst();
        }

        @Override
        public void onReply(TunnelStream stream, ConnectReply reply) {
            streams.add(stream);
            statuses.add(reply.status());
        }

        @Override
        public void onLost(ResetReason reason, boolean wasUnprocessed) {
            losses.add(reason.detail());
            unprocessed = wasUnprocessed;
        }
    }

    @Test
    void manyShortStreams_areNoFlood() {
        var first = opened();
        assertThat(first).isNotNull();
        for (int id = 3; id < 20_000; id += 2) {
            connect();
            answer(id, "200", Http2.END_HEADERS);
            give(Http2.DATA, Http2.END_STREAM, id);
            give(Http2.RST_STREAM, 0, id, 0, 0, 0, Http2.NO_ERROR);
            sent();
        }

        assertThat(ends).isEmpty();
    }

    /// Frames after which a connection can't go on, with what is said about them on the wire and in
    /// the log.
    enum Attack {
        NOT_HTTP2(Http2.FRAME_SIZE_ERROR, "not HTTP/2?") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Unpooled.copiedBuffer("HTTP/1.1 400 Bad Request\r\n\r\n", US_ASCII));
            }
        },
        DATA_ON_IDLE_STREAM(Http2.PROTOCOL_ERROR, "DATA on stream 3, which is not open") {
            @Override
            void on(ClientConnectionTest t) {
                t.giveData(3, 10, 0);
            }
        },
        DATA_ON_PUSHED_STREAM(Http2.PROTOCOL_ERROR, "DATA on stream 2, which is not open") {
            @Override
            void on(ClientConnectionTest t) {
                t.giveData(2, 10, 0);
            }
        },
        DATA_ON_STREAM_0(Http2.PROTOCOL_ERROR, "DATA on stream 0") {
            @Override
            void on(ClientConnectionTest t) {
                t.giveData(0, 10, 0);
            }
        },
        HEADERS_ON_IDLE_STREAM(Http2.PROTOCOL_ERROR, "HEADERS on stream 7, which is not open") {
            @Override
            void on(ClientConnectionTest t) {
                t.answer(7, "200", Http2.END_HEADERS);
            }
        },
        HEADERS_ON_SERVERS_STREAM(Http2.PROTOCOL_ERROR, "HEADERS on stream 2") {
            @Override
            void on(ClientConnectionTest t) {
                t.answer(2, "200", Http2.END_HEADERS);
            }
        },
        HEADERS_ON_STREAM_0(Http2.PROTOCOL_ERROR, "HEADERS on stream 0") {
            @Override
            void on(ClientConnectionTest t) {
                t.answer(0, "200", Http2.END_HEADERS);
            }
        },
        HEADERS_WITH_TOO_MUCH_PADDING(Http2.PROTOCOL_ERROR, "padding or priority") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.HEADERS, Http2.END_HEADERS | Http2.PADDED, 1, 200, 0x88);
            }
        },
        UNREADABLE_HEADER_BLOCK(Http2.COMPRESSION_ERROR, "header block: ") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.HEADERS, Http2.END_HEADERS, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);
            }
        },
        FRAME_WITHIN_A_HEADER_BLOCK(Http2.PROTOCOL_ERROR, "within a header block") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.HEADERS, 0, 1, 0x88);
                t.give(Http2.PING, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
            }
        },
        DATA_WITHIN_A_HEADER_BLOCK(Http2.PROTOCOL_ERROR, "within a header block") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.HEADERS, 0, 1, 0x88);
                t.giveData(1, 10, 0);
            }
        },
        SECOND_HEADERS_WITHIN_A_HEADER_BLOCK(Http2.PROTOCOL_ERROR, "within a header block") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.HEADERS, 0, 1, 0x88);
                t.give(Http2.HEADERS, 0, 1, 0x88);
            }
        },
        CONTINUATION_OF_NOTHING(Http2.PROTOCOL_ERROR, "without HEADERS") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.CONTINUATION, Http2.END_HEADERS, 1, 0x88);
            }
        },
        CONTINUATION_FLOOD(Http2.ENHANCE_YOUR_CALM, "header block over 65536 bytes") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.HEADERS, 0, 1, 0x88);
                t.until(1_000, () -> t.give(Http2.CONTINUATION, 0, 1, new int[16_000]));
            }
        },
        LARGE_DATA_FRAME(Http2.FRAME_SIZE_ERROR, "1048577 bytes (expected: at most 1048576") {
            @Override
            void on(ClientConnectionTest t) {
                t.giveData(1, (1 << 20) + 1, 0);
            }
        },
        LARGE_CONTROL_FRAME(Http2.FRAME_SIZE_ERROR, "frame of type 6") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.PING, 0, 0, new int[65_537]);
            }
        },
        STREAM_WINDOW_OVERFLOW(Http2.FLOW_CONTROL_ERROR, "beyond the window of stream 1") {
            @Override
            void on(ClientConnectionTest t) {
                t.until(5, () -> t.giveData(1, 1 << 20, 0));
            }
        },
        CONNECTION_WINDOW_OVERFLOW(Http2.FLOW_CONTROL_ERROR, "beyond the connection's window") {
            @Override
            void on(ClientConnectionTest t) {
                for (int i = 0; i < 40 && t.channel.isOpen(); i++) {
                    var asked = t.connect();
                    int id = 3 + 2 * i;
                    t.answer(id, "200", Http2.END_HEADERS);
                    asked.stream().attach(asked.inlet);
                    t.until(4, () -> t.giveData(id, 1 << 20, 0));
                }
            }
        },
        PADDING_LONGER_THAN_ITS_FRAME(Http2.PROTOCOL_ERROR, "9 bytes of padding") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.DATA, Http2.PADDED, 1, 9, 0, 0);
            }
        },
        EMPTY_DATA_FLOOD(Http2.ENHANCE_YOUR_CALM, "control frames in a second") {
            @Override
            void on(ClientConnectionTest t) {
                t.until(10_000, () -> t.giveData(1, 0, 0));
            }
        },
        SETTINGS_FLOOD(Http2.ENHANCE_YOUR_CALM, "control frames in a second") {
            @Override
            void on(ClientConnectionTest t) {
                t.until(10_000, () -> t.give(Http2.SETTINGS, 0, 0));
            }
        },
        PING_FLOOD(Http2.ENHANCE_YOUR_CALM, "control frames in a second") {
            @Override
            void on(ClientConnectionTest t) {
                t.until(10_000, () -> t.give(Http2.PING, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8));
            }
        },
        RST_FLOOD(Http2.ENHANCE_YOUR_CALM, "control frames in a second") {
            @Override
            void on(ClientConnectionTest t) {
                t.until(10_000, () -> t.give(Http2.RST_STREAM, 0, 1, 0, 0, 0, 8));
            }
        },
        GOAWAY_FLOOD(Http2.ENHANCE_YOUR_CALM, "control frames in a second") {
            @Override
            void on(ClientConnectionTest t) {
                t.until(10_000, () -> t.give(Http2.GOAWAY, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0));
            }
        },
        UNKNOWN_FRAME_FLOOD(Http2.ENHANCE_YOUR_CALM, "control frames in a second") {
            @Override
            void on(ClientConnectionTest t) {
                t.until(10_000, () -> t.give(77, 0, 1));
            }
        },
        PUSH_PROMISE(Http2.PROTOCOL_ERROR, "PUSH_PROMISE (expected: never)") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.PUSH_PROMISE, Http2.END_HEADERS, 1, 0, 0, 0, 2, 0x88);
            }
        },
        RESET_OF_IDLE_STREAM(Http2.PROTOCOL_ERROR, "RST_STREAM on stream 9, which is not open") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.RST_STREAM, 0, 9, 0, 0, 0, 8);
            }
        },
        SHORT_RESET(Http2.FRAME_SIZE_ERROR, "RST_STREAM: not 4 bytes") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.RST_STREAM, 0, 1, 0, 0);
            }
        },
        SETTINGS_OF_ODD_LENGTH(Http2.FRAME_SIZE_ERROR, "SETTINGS: 5 bytes") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.SETTINGS, 0, 0, 0, 4, 0, 0, 0);
            }
        },
        SETTINGS_WITH_HUGE_WINDOW(Http2.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE: 4294967295") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.SETTINGS, 0, 0, 0, 4, 255, 255, 255, 255);
            }
        },
        SETTINGS_WITH_TINY_FRAMES(Http2.PROTOCOL_ERROR, "MAX_FRAME_SIZE: 1") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.SETTINGS, 0, 0, 0, 5, 0, 0, 0, 1);
            }
        },
        SETTINGS_THAT_OVERFLOW_A_WINDOW(Http2.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.WINDOW_UPDATE, 0, 1, 0x7f, 0xff, 0, 0);
                t.give(Http2.SETTINGS, 0, 0, 0, 4, 0x7f, 255, 255, 255);
            }
        },
        CONNECTION_WINDOW_UPDATE_BY_0(Http2.FLOW_CONTROL_ERROR, "WINDOW_UPDATE: 0") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.WINDOW_UPDATE, 0, 0, 0, 0, 0, 0);
            }
        },
        CONNECTION_WINDOW_BEYOND_ITS_RANGE(Http2.FLOW_CONTROL_ERROR, "WINDOW_UPDATE: 2147483647") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.WINDOW_UPDATE, 0, 0, 0x7f, 255, 255, 255);
            }
        },
        WINDOW_UPDATE_OF_IDLE_STREAM(
                Http2.PROTOCOL_ERROR, "WINDOW_UPDATE on stream 5, which is not open") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.WINDOW_UPDATE, 0, 5, 0, 0, 0, 1);
            }
        },
        PING_OF_7_BYTES(Http2.FRAME_SIZE_ERROR, "PING: not 8 bytes") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.PING, 0, 0, 1, 2, 3, 4, 5, 6, 7);
            }
        },
        SHORT_GOAWAY(Http2.FRAME_SIZE_ERROR, "GOAWAY: under 8 bytes") {
            @Override
            void on(ClientConnectionTest t) {
                t.give(Http2.GOAWAY, 0, 0, 0, 0, 0, 0);
            }
        };

        private final int code;
        private final String said;

        Attack(int code, String said) {
            this.code = code;
            this.said = said;
        }

        abstract void on(ClientConnectionTest test);
    }

    private void until(int most, Runnable step) {
        for (int i = 0; i < most && channel.isOpen(); i++) {
            step.run();
        }
    }

    @ParameterizedTest
    @EnumSource
    void attack_endsTheConnectionWithItsCause_andTheStreamIsToldOnce(Attack attack) {
        var victim = opened();
        victim.stream().write(Unpooled.copiedBuffer("queued", US_ASCII));

        attack.on(this);

        assertThat(ends).hasSize(1);
        assertThat(ends.getFirst().kind()).isEqualTo(ResetReason.Kind.LOST);
        assertThat(ends.getFirst().detail()).contains(attack.said);
        assertThat(sent()).anyMatch(f -> f.is(Http2.GOAWAY) && f.code() == attack.code);
        assertThat(channel.isOpen()).isFalse();
        assertThat(victim.inlet.resets).hasSize(1);
        assertThat(connection.streamCount()).isZero();
    }

    @Test
    void notSettingsFirst_isAnError() {
        give(Http2.PING, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);

        assertThat(ends.getFirst().detail()).contains("expected: SETTINGS; not HTTP/2?");
    }

    @Test
    void noSettings_endsTheConnectionAtTheDeadline() {
        var asked = connect();
        pass(11);

        assertThat(ends.getFirst().detail()).contains("no SETTINGS within 10000 ms");
        assertThat(asked.losses).hasSize(1);
    }

    @Test
    void noAnswer_isGivenUpAtTheDeadline_andCancelled() {
        give(Http2.SETTINGS, 0, 0);
        var asked = connect();
        sent();
        // The server is alive, or the PING would end the connection first.
        pass(9);
        give(Http2.SETTINGS, Http2.ACK, 0);
        pass(9);
        give(Http2.SETTINGS, Http2.ACK, 0);
        pass(3);

        assertThat(asked.losses).containsExactly("no answer to CONNECT within 20000 ms");
        assertThat(asked.unprocessed).isFalse();
        assertThat(sent()).anyMatch(f -> f.is(Http2.RST_STREAM) && f.code() == Http2.CANCEL);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void refusal_endsTheStreamAndNothingElse() {
        give(Http2.SETTINGS, 0, 0);
        var asked = connect();
        answer(1, "403", BOTH_ENDS);

        assertThat(asked.statuses).containsExactly(403);
        assertThat(connection.streamCount()).isZero();
        assertThat(sent()).noneMatch(f -> f.is(Http2.GOAWAY));
    }

    @Test
    void interimAnswer_isPassedOver() {
        give(Http2.SETTINGS, 0, 0);
        var asked = connect();
        answer(1, "103", Http2.END_HEADERS);
        assertThat(asked.statuses).isEmpty();
        answer(1, "200", Http2.END_HEADERS);

        assertThat(asked.statuses).containsExactly(200);
    }

    @Test
    void malformedStatus_costsTheStreamOnly() {
        give(Http2.SETTINGS, 0, 0);
        for (var status : List.of("2xx", "20", "2000", "099")) {
            sent();
            var asked = connect();
            int id = connection.streamCount() == 1 ? lastOpened() : -1;
            answer(id, status, Http2.END_HEADERS);

            assertThat(asked.losses).as(status).hasSize(1);
            assertThat(sent())
                    .anyMatch(f -> f.is(Http2.RST_STREAM) && f.code() == Http2.PROTOCOL_ERROR);
        }
        assertThat(channel.isOpen()).isTrue();
    }

    private int lastOpened() {
        return sent().stream().filter(f -> f.is(Http2.HEADERS)).findFirst().orElseThrow().stream();
    }

    @Test
    void secondHeadersWithoutAnEnd_costTheStreamOnly() {
        var asked = opened();
        answer(1, "200", Http2.END_HEADERS);

        assertThat(asked.inlet.resets).hasSize(1);
        assertThat(sent())
                .anyMatch(f -> f.is(Http2.RST_STREAM) && f.code() == Http2.PROTOCOL_ERROR);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void trailers_endTheStreamsDirection() {
        var asked = opened();
        answer(1, "200", BOTH_ENDS);

        assertThat(asked.inlet.ends).isEqualTo(1);
        assertThat(asked.inlet.resets).isEmpty();
    }

    @Test
    void windowUpdateOfAStreamBy0_costsTheStreamOnly() {
        var asked = opened();
        give(Http2.WINDOW_UPDATE, 0, 1, 0, 0, 0, 0);

        assertThat(asked.inlet.resets).hasSize(1);
        assertThat(sent())
                .anyMatch(f -> f.is(Http2.RST_STREAM) && f.code() == Http2.FLOW_CONTROL_ERROR);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void framesThatCrossedOurReset_arePassedOver_andTheirCreditReturns() {
        var asked = opened();
        asked.stream().reset(new ResetReason(ResetReason.Kind.LOCAL, "test"));
        sent();
        for (int i = 0; i < 100; i++) {
            giveData(1, 1 << 20, 0);
        }
        give(Http2.WINDOW_UPDATE, 0, 1, 0, 0, 0, 1);
        give(Http2.RST_STREAM, 0, 1, 0, 0, 0, 8);

        assertThat(channel.isOpen()).isTrue();
        assertThat(sent()).anyMatch(f -> f.is(Http2.WINDOW_UPDATE) && f.stream() == 0);
        assertThat(asked.inlet.bytes).isZero();
    }

    @Test
    void negativeSendWindow_holdsBytesBackUntilItIsPositive() {
        var asked = opened();
        var stream = asked.stream();
        stream.write(Unpooled.buffer().writeZero(60_000));
        stream.flush();
        give(Http2.SETTINGS, 0, 0, 0, 4, 0, 0, 0, 10);
        sent();
        stream.write(Unpooled.buffer().writeZero(100));
        stream.flush();
        assertThat(sent()).noneMatch(f -> f.is(Http2.DATA));

        give(Http2.WINDOW_UPDATE, 0, 1, 0, 0, 0xea, 0x60);

        assertThat(sent().stream().filter(f -> f.is(Http2.DATA)).mapToInt(Frame::payload).sum())
                .isEqualTo(10);
    }

    @Test
    void goAway_tellsUnprocessedStreams_andLetsTheOthersFinish() {
        var kept = opened();
        var lost = connect();

        give(Http2.GOAWAY, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0);

        assertThat(lost.losses).hasSize(1);
        assertThat(lost.unprocessed).isTrue();
        assertThat(connection.accepts()).isFalse();
        giveData(1, 5, Http2.END_STREAM);
        assertThat(kept.inlet.bytes).isEqualTo(5);
        assertThat(channel.isOpen()).isTrue();

        kept.stream().endOutput();

        assertThat(ends).extracting(ResetReason::detail).containsExactly("tunnel drained");
        assertThat(channel.isOpen()).isFalse();
        assertThat(kept.inlet.resets).isEmpty();
    }

    @Test
    void refusedStream_isSaidToBeUnprocessed_otherResetsAreNot() {
        give(Http2.SETTINGS, 0, 0);
        var refused = connect();
        var failed = connect();
        give(Http2.RST_STREAM, 0, 1, 0, 0, 0, Http2.REFUSED_STREAM);
        give(Http2.RST_STREAM, 0, 3, 0, 0, 0, Http2.INTERNAL_ERROR);

        assertThat(refused.unprocessed).isTrue();
        assertThat(failed.losses).hasSize(1);
        assertThat(failed.unprocessed).isFalse();
    }

    @Test
    void peerGone_everyStreamIsToldOnce() {
        var open = opened();
        var waiting = connect();
        channel.close();

        assertThat(open.inlet.resets).hasSize(1);
        assertThat(waiting.losses).containsExactly("tunnel closed by the peer");
        assertThat(ends).hasSize(1);
    }

    @Test
    void bytesBeforeAttach_areKept_andReleasedWhenTheConnectionEnds() {
        give(Http2.SETTINGS, 0, 0);
        connect();
        answer(1, "200", Http2.END_HEADERS);
        giveData(1, 1_000, 0);
        channel.close();

        assertThat(given).allMatch(input -> input.refCnt() == 0);
    }

    /// Whatever a server sends, and however it is cut: an orderly end, and nothing kept.
    @Tag("fuzz")
    @Property(tries = 300)
    void randomFrames_neverEscapeTheHandler(@ForAll long seed) {
        var fresh = new ClientConnectionTest();
        try {
            fresh.feed(new Random(seed));
        } finally {
            fresh.close();
        }
        assertThat(fresh.ends).hasSize(1);
    }

    private void feed(Random random) {
        opened();
        connect();
        for (int i = 0; channel.isOpen() && i < 40; i++) {
            var payload =
                    IntStream.range(0, random.nextInt(64)).map(_ -> random.nextInt(256)).toArray();
            var frame =
                    Frames.frame(
                            random.nextInt(12), random.nextInt(256), random.nextInt(6), payload);
            while (frame.isReadable() && channel.isOpen()) {
                int cut = 1 + random.nextInt(frame.readableBytes());
                give(Unpooled.copiedBuffer(frame.readSlice(cut)));
            }
            frame.release();
            sent();
        }
    }
}
