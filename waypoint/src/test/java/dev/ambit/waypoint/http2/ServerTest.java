package dev.ambit.waypoint.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.model.HttpOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The server's side against a client that writes its frames by hand, on a clock that stands still.
class ServerTest {
    private static TestServer server(Http2Options options) {
        var server = new TestServer(options);
        server.open();
        return server;
    }

    private static TestServer server() {
        return server(TestOptions.windows(1_000, 65_535));
    }

    private static ResponseHead ok() {
        return new ResponseHead(200, new Headers());
    }

    private static StreamReset local() {
        return new StreamReset(StreamReset.Kind.LOCAL, "test");
    }

    @Test
    void preface_isAnsweredWithOurSettings() {
        var server = new TestServer(TestOptions.connect());
        var sent = server.duplex.sent();
        var settings = new ArrayList<String>();
        int length = sent.readUnsignedMedium();
        sent.skipBytes(6);
        for (int at = 0; at < length; at += 6) {
            settings.add(sent.readUnsignedShort() + "=" + sent.readInt());
        }
        sent.release();

        assertThat(settings).containsExactly("1=4096", "8=1", "3=100", "4=65535", "5=16384");
    }

    @Test
    void request_isTakenApart() {
        var server = server();
        server.duplex.receive(
                H2.get(1, "cookie", "a=1", "x", " y ", "cookie", "b=2", "host", "other"));
        var request = server.request(0);

        assertThat(request.head.method()).isEqualTo("GET");
        assertThat(request.head.scheme()).isEqualTo("http");
        assertThat(request.head.authority()).isEqualTo("a");
        assertThat(request.head.path()).isEqualTo("/");
        assertThat(request.head.headers()).hasToString("x: y\ncookie: a=1; b=2\n");
        assertThat(request.bodyFollows).isFalse();
        assertThat(request.events).containsExactly("burst", "end");
    }

    @Test
    void extendedConnect_isAnUpgrade_andItsAnswerA200() {
        var server = server(TestOptions.connect());
        server.answers = false;
        server.duplex.receive(
                H2.headers(
                        1,
                        false,
                        ":method",
                        "CONNECT",
                        ":protocol",
                        "WebSocket",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "/chat"));
        var request = server.request(0);
        assertThat(request.head.method()).isEqualTo("GET");
        assertThat(request.head.upgrade()).isEqualTo("websocket");
        assertThat(request.bodyFollows).isTrue();

        request.stream.respond(new ResponseHead(101, new Headers().add("upgrade", "x")), true);
        request.stream.writeData(H2.text("hello"));
        request.stream.flush();
        var sent = server.duplex.sent();
        assertThat(sent.getUnsignedByte(9)).as("indexed :status 200").isEqualTo((short) 0x88);
        assertThat(H2.told(sent)).containsExactly("HEADERS 1", "DATA 1 5");
        server.close();
    }

    @Test
    void interimAndTrailers_areSentInOrder_endOnTheLastFrame() {
        var server = server();
        server.answers = false;
        server.duplex.receive(H2.join(H2.get(1), H2.get(3)));
        for (var request : server.requests) {
            request.stream.informational(new ResponseHead(103, new Headers()));
            request.stream.respond(ok(), true);
            request.stream.writeData(H2.text("ab"));
            request.stream.writeData(H2.text("c"));
        }
        server.request(0).stream.end(new Headers().add("grpc-status", "0"));
        server.request(1).stream.end(new Headers());

        assertThat(server.sent())
                .containsExactly(
                        "HEADERS 1",
                        "HEADERS 1",
                        "HEADERS 3",
                        "HEADERS 3",
                        "DATA 1 3",
                        "DATA 3 3 end",
                        "HEADERS 1 end");
        assertThat(server.connection.active()).isZero();
        assertThat(server.request(0).taken).isEqualTo(3);
        assertThat(server.request(0).stream.wireBytesSent()).isGreaterThan(9 * 4 + 3);
        assertThat(server.request(0).stream.wireBytesReceived()).isGreaterThan(9);
    }

    @Test
    void body_isDeliveredWithinTheWindow_andCreditIsReturnedByHalf() {
        var server = server();
        server.answers = false;
        server.grants = false;
        server.duplex.receive(H2.join(H2.post(1), H2.data(1, false, "x".repeat(1_000))));
        var stream = server.request(0).stream;
        assertThat(server.request(0).body).hasSize(1_000);
        assertThat(server.request(0).events).containsExactly("burst");

        stream.grant(499);
        assertThat(server.sent()).isEmpty();
        stream.grant(1);
        assertThat(server.sent()).containsExactly("WINDOW 1 500");

        server.duplex.receive(H2.data(1, false, "x".repeat(501)));
        assertThat(server.sent()).containsExactly("GOAWAY 1 FLOW_CONTROL_ERROR");
        assertThat(server.closed).isTrue();
    }

    @Test
    void padding_isNobodysCredit() {
        var server = server();
        server.answers = false;
        server.grants = false;
        server.duplex.receive(H2.post(1));
        for (int i = 0; i < 20; i++) {
            var padded = Unpooled.buffer().writeByte(250).writeByte('x').writeZero(250);
            server.duplex.receive(H2.frame(Http2.DATA, Http2.PADDED, 1, padded));
        }

        assertThat(server.request(0).body).hasSize(20);
        assertThat(server.sent()).contains("WINDOW 1 502").noneMatch(f -> f.startsWith("GOAWAY"));
        server.close();
    }

    @Test
    void answer_waitsForTheStreamsWindow() {
        var server = server();
        server.answers = false;
        server.duplex.receive(H2.join(H2.setting(Http2.S_INITIAL_WINDOW_SIZE, 3), H2.get(1)));
        var stream = server.request(0).stream;
        stream.respond(ok(), true);
        stream.writeData(H2.text("hello"));
        stream.end(new Headers());
        assertThat(server.sent()).containsExactly("HEADERS 1", "DATA 1 3");
        assertThat(server.request(0).taken).isEqualTo(3);

        server.duplex.receive(H2.number(Http2.WINDOW_UPDATE, 1, 1));
        assertThat(server.sent()).containsExactly("DATA 1 1");
        server.duplex.receive(H2.setting(Http2.S_INITIAL_WINDOW_SIZE, 10));
        assertThat(server.sent()).containsExactly("DATA 1 1 end");
    }

    @Test
    void connectionsWindow_isShared_andEndsPassIt() {
        var server = server();
        server.answers = false;
        server.duplex.receive(
                H2.join(
                        H2.setting(Http2.S_INITIAL_WINDOW_SIZE, 1 << 20),
                        H2.get(1),
                        H2.get(3),
                        H2.get(5)));
        for (int i = 0; i < 2; i++) {
            server.request(i).stream.respond(ok(), true);
            server.request(i).stream.writeData(Unpooled.buffer().writeZero(60_000));
            server.request(i).stream.end(new Headers());
        }
        var sent = server.sent();
        assertThat(sent.subList(2, 5))
                .containsExactly("DATA 1 16384", "DATA 3 16384", "DATA 1 16384");
        assertThat(server.request(0).taken + server.request(1).taken).isEqualTo(65_535);

        server.request(2).stream.respond(ok(), true);
        server.request(2).stream.end(new Headers());
        assertThat(server.sent()).containsExactly("HEADERS 5", "DATA 5 0 end");

        server.duplex.receive(H2.number(Http2.WINDOW_UPDATE, 0, 100_000));
        assertThat(server.request(0).taken + server.request(1).taken).isEqualTo(120_000);
        assertThat(server.connection.active()).isZero();
    }

    @Test
    void dataWaits_whileTheBytesBelowAreNotTaken_answersDoNot() {
        var server = server();
        server.answers = false;
        server.duplex.receive(
                H2.join(
                        H2.setting(Http2.S_INITIAL_WINDOW_SIZE, 1 << 24),
                        H2.number(Http2.WINDOW_UPDATE, 0, 1 << 24),
                        H2.get(1),
                        H2.get(3)));
        server.duplex.stuck = true;
        var stream = server.request(0).stream;
        stream.respond(ok(), true);
        stream.writeData(Unpooled.buffer().writeZero(1 << 20));
        stream.flush();
        server.duplex.settle();
        int most = Http2Limits.defaults().writeBufferBytes();
        assertThat(server.duplex.untaken()).isBetween(most, most + 20_000);
        assertThat(server.request(0).taken).isBetween(most - 20_000, most + 20_000);

        int before = server.duplex.untaken();
        server.request(1).stream.respond(ok(), false);
        server.duplex.settle();
        assertThat(server.duplex.untaken()).isGreaterThan(before);

        server.duplex.unstick();
        assertThat(server.request(0).taken).isEqualTo(1 << 20);
        server.close();
    }

    @Test
    void resetAfterTheEnd_letsTheAnswerOut_thenResetsWithoutError() {
        var server = server();
        server.answers = false;
        server.duplex.receive(H2.join(H2.setting(Http2.S_INITIAL_WINDOW_SIZE, 1), H2.post(1)));
        var stream = server.request(0).stream;
        stream.respond(ok(), true);
        stream.writeData(H2.text("ab"));
        stream.end(new Headers());
        stream.reset(local());
        assertThat(server.sent()).containsExactly("HEADERS 1", "DATA 1 1");

        server.duplex.receive(H2.data(1, false, "more"));
        server.duplex.receive(H2.number(Http2.WINDOW_UPDATE, 1, 1));
        assertThat(server.sent()).containsExactly("DATA 1 1 end", "RST 1 NO_ERROR");
        assertThat(server.request(0).body).isEmpty();

        server.duplex.receive(H2.data(1, true, "crossed the reset"));
        assertThat(server.sent()).isEmpty();
        assertThat(server.connection.active()).isZero();
    }

    @Test
    void whatWasEndedAndIsNeverTaken_isGivenUp() {
        var server = server();
        server.answers = false;
        server.duplex.receive(H2.join(H2.setting(Http2.S_INITIAL_WINDOW_SIZE, 0), H2.get(1)));
        var stream = server.request(0).stream;
        stream.respond(ok(), true);
        stream.writeData(H2.text("ab"));
        stream.end(new Headers());
        server.sent();
        server.duplex.pass(Http2Limits.defaults().flush().toMillis() - 1);
        assertThat(server.sent()).isEmpty();
        server.duplex.pass(1);

        assertThat(server.sent()).containsExactly("RST 1 CANCEL");
        assertThat(server.connection.active()).isZero();
    }

    @Test
    void resets_haveCodesByTheirKind() {
        var server = server();
        server.answers = false;
        var kinds = StreamReset.Kind.values();
        for (int i = 0; i < kinds.length; i++) {
            server.duplex.receive(H2.post(2 * i + 1));
            server.request(i).stream.reset(new StreamReset(kinds[i], "test"));
        }

        assertThat(server.sent())
                .containsExactly(
                        "RST 1 INTERNAL_ERROR",
                        "RST 3 REFUSED_STREAM",
                        "RST 5 INTERNAL_ERROR",
                        "RST 7 PROTOCOL_ERROR",
                        "RST 9 INTERNAL_ERROR",
                        "RST 11 REFUSED_STREAM",
                        "RST 13 CONNECT_ERROR");
        assertThat(server.told).isEmpty();
    }

    @Test
    void moreStreamsThanAllowed_areRefused_andTheirHeadersStillDecoded() {
        var server = server(TestOptions.streams(1));
        server.answers = false;
        var kept = Unpooled.buffer().writeByte(0x40);
        H2.string(kept, "x");
        H2.string(kept, "y");
        server.duplex.receive(
                H2.join(
                        H2.post(1),
                        H2.frame(Http2.HEADERS, 5, 3, H2.join(H2.block(":method", "GET"), kept))));
        assertThat(server.sent()).containsExactly("RST 3 REFUSED_STREAM");
        server.request(0).stream.reset(local());

        var again = H2.block(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a");
        server.duplex.receive(H2.frame(Http2.HEADERS, 5, 5, again.writeByte(0xbe)));
        assertThat(server.request(1).head.headers()).hasToString("x: y\n");
        server.close();
    }

    @Test
    void drain_admitsForARoundTrip_thenEndsWithTheLast() {
        var server = server();
        server.answers = false;
        server.duplex.receive(H2.get(1));
        server.connection.drain();
        assertThat(server.sent()).containsExactly("GOAWAY max NO_ERROR", "PING");

        server.duplex.receive(H2.get(3));
        var ping = Unpooled.buffer().writeLong(0x647261696eL);
        server.duplex.receive(H2.frame(Http2.PING, Http2.ACK, 0, ping));
        assertThat(server.sent()).containsExactly("GOAWAY 3 NO_ERROR");
        server.duplex.receive(H2.get(5));
        assertThat(server.requests).hasSize(2);

        server.request(0).stream.respond(ok(), false);
        assertThat(server.duplex.outputEnded).isFalse();
        server.request(1).stream.respond(ok(), false);
        assertThat(server.sent()).startsWith("HEADERS 1 end", "HEADERS 3 end");
        assertThat(server.duplex.outputEnded).isTrue();
        assertThat(server.closed).isTrue();
    }

    @Test
    void drain_ofAPeerThatAnswersNoPing_goesOnInTime() {
        var server = server();
        server.connection.drain();
        server.sent();
        server.duplex.pass(Http2Limits.defaults().drain().toMillis());

        assertThat(server.sent()).startsWith("GOAWAY 0 NO_ERROR");
        assertThat(server.closed).isTrue();
        server.duplex.pass(Http2Limits.defaults().close().toMillis());
        assertThat(server.duplex.reset).isNotNull();
    }

    @Test
    void noSettings_orNoAnswerToOurs_endsTheConnection() {
        var silent = new TestServer(Http2Options.defaults());
        silent.sent();
        silent.duplex.pass(Http2Limits.defaults().settings().toMillis());
        assertThat(silent.sent()).containsExactly("GOAWAY 0 PROTOCOL_ERROR");

        var deaf = new TestServer(Http2Options.defaults());
        deaf.duplex.receive(H2.preface());
        deaf.duplex.pass(Http2Limits.defaults().settings().toMillis());
        assertThat(deaf.sent()).containsExactly("GOAWAY 0 SETTINGS_TIMEOUT");

        var good = server();
        good.duplex.pass(Http2Limits.defaults().settings().toMillis());
        assertThat(good.sent()).isEmpty();
        good.close();
    }

    @Test
    void quietPeer_isPinged_andGivenUpWithoutAnAnswer() {
        var server = server(TestOptions.pings(3));
        server.answers = false;
        server.duplex.receive(H2.get(1));
        server.duplex.pass(3_000);
        assertThat(server.sent()).containsExactly("PING");
        server.duplex.receive(H2.frame(Http2.PING, Http2.ACK, 0, new int[8]));
        server.duplex.pass(3_000);
        server.duplex.pass(2_000);

        assertThat(server.sent()).containsExactly("PING", "GOAWAY 1 NO_ERROR");
        assertThat(server.told)
                .containsExactly("reset CONNECTION_LOST HTTP/2 ping timeout: no answer in 2000 ms");
    }

    @Test
    void connectionThatIsLost_isToldToEachStream() {
        var server = server();
        server.answers = false;
        server.duplex.receive(H2.join(H2.post(1), H2.post(3)));
        server.duplex.inlet().onEnd();

        assertThat(server.told)
                .hasSize(2)
                .allMatch(told -> told.startsWith("reset CONNECTION_LOST "));
        assertThat(server.closed).isTrue();
        assertThat(server.duplex.outputEnded).isTrue();
    }

    /// A stream of a tunnel tells at once, from within `write`, that its peer reads no more.
    @Test
    void bytesBelowThatAreLostWhileTheyAreWrittenTo_areLostLikeAnyOther() {
        for (int writes = 0; writes < 6; writes++) {
            var server = server();
            server.answers = false;
            server.duplex.receive(H2.join(H2.get(1), H2.get(3)));
            server.duplex.lostAfter = writes;
            for (var request : server.requests) {
                request.stream.respond(ok(), true);
                for (int i = 0; i < 6; i++) {
                    request.stream.writeData(Unpooled.buffer().writeZero(i % 2 == 0 ? 100 : 5_000));
                }
                request.stream.end(new Headers());
            }
            server.duplex.settle();

            assertThat(server.told)
                    .hasSize(2)
                    .containsOnly("reset CONNECTION_LOST lost while written to");
            assertThat(server.closed).isTrue();
            assertThat(server.connection.active()).isZero();
        }
    }

    @Test
    void underscores_areTreatedAsConfigured() {
        var dropping = server(TestOptions.underscores(HttpOptions.Underscores.DROP));
        dropping.duplex.receive(H2.get(1, "x_a", "b", "x-a", "c"));
        assertThat(dropping.request(0).head.headers()).hasToString("x-a: c\n");

        var rejecting = server(TestOptions.underscores(HttpOptions.Underscores.REJECT));
        rejecting.duplex.receive(H2.get(1, "x_a", "b"));
        assertThat(rejecting.told).containsExactly("rejected http2.unexpected_underscore");
        assertThat(rejecting.sent()).containsExactly("RST 1 INTERNAL_ERROR");
    }

    @Test
    void malformed_costsTheConnection_whereItIsToBeAsInEnvoy_butLimitsDoNot() {
        var server = server(TestOptions.strict());
        server.duplex.receive(H2.get(1, "x", "y".repeat(15_000), "z", "y".repeat(60)));
        assertThat(server.sent()).containsExactly("HEADERS 1 end");
        server.duplex.receive(H2.get(3, "connection", "close"));

        assertThat(server.told).containsExactly("rejected http2.invalid.header.field");
        assertThat(server.sent()).containsExactly("GOAWAY 3 PROTOCOL_ERROR");
    }

    // ---- floods

    private static ByteBuf times(int count, java.util.function.IntFunction<ByteBuf> frame) {
        var all = Unpooled.buffer();
        for (int i = 0; i < count; i++) {
            var one = frame.apply(i);
            all.writeBytes(one);
            one.release();
        }
        return all;
    }

    @Test
    void streamsOpenedToBeReset_endTheConnection() {
        var server = server();
        server.answers = false;
        server.duplex.receive(
                times(
                        249,
                        i ->
                                H2.join(
                                        H2.get(2 * i + 1),
                                        H2.number(Http2.RST_STREAM, 2 * i + 1, 8))));
        assertThat(server.sent()).isEmpty();
        server.duplex.receive(H2.join(H2.get(501), H2.number(Http2.RST_STREAM, 501, 8)));

        assertThat(server.sent()).containsExactly("GOAWAY 501 ENHANCE_YOUR_CALM");
    }

    @Test
    void streamsResetInTheirOldAge_orAmongManyGoodOnes_areNoAttack() {
        var server = server();
        for (int i = 0; i < 2_000; i++) {
            server.answers = i % 3 > 0;
            server.duplex.receive(H2.get(2 * i + 1));
            if (!server.answers) {
                server.duplex.receive(H2.number(Http2.RST_STREAM, 2 * i + 1, 8));
            }
        }
        server.answers = false;
        for (int i = 2_000; i < 6_000; i++) {
            server.duplex.receive(H2.get(2 * i + 1));
            if (i % 100 == 99) {
                server.duplex.pass(1_000);
                for (int j = i - 99; j <= i; j++) {
                    server.duplex.receive(H2.number(Http2.RST_STREAM, 2 * j + 1, 8));
                }
            }
        }
        assertThat(server.sent()).noneMatch(frame -> frame.startsWith("GOAWAY"));
        server.close();
    }

    @Test
    void floods_endTheConnection() {
        List<ByteBuf> floods =
                List.of(
                        times(1_001, _ -> H2.frame(Http2.SETTINGS, 0, 0)),
                        times(1_001, _ -> H2.frame(Http2.PING, 0, 0, new int[8])),
                        times(101, _ -> H2.frame(Http2.PRIORITY, 0, 3, new int[5])),
                        times(2, _ -> H2.number(Http2.WINDOW_UPDATE, 0, 1)));
        for (var flood : floods) {
            var server = server();
            server.duplex.receive(flood);
            assertThat(server.sent()).endsWith("GOAWAY 0 ENHANCE_YOUR_CALM");
        }
    }

    @Test
    void answersThatNobodyReads_endTheConnection() {
        var server = server();
        server.duplex.stuck = true;
        server.duplex.receive(times(5_001, i -> H2.get(2 * i + 1)));
        assertThat(server.closed).isFalse();
        server.duplex.receive(times(5_001, i -> H2.get(2 * i + 10_003)));

        assertThat(server.closed).isTrue();
        server.duplex.stuck = false;
    }
}
