package dev.ambit.waypoint.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The client's side against a server that writes its frames by hand.
class ClientTest {
    private static TestClient client() {
        var client = new TestClient(TestOptions.windows(1_000, 65_535));
        client.open();
        return client;
    }

    private static RequestHead head(String method) {
        return head(method, null);
    }

    private static RequestHead head(String method, @Nullable String upgrade) {
        return new RequestHead(
                HttpVersion.HTTP_1_1,
                method,
                "http",
                "shop",
                "/x",
                new Headers().add("accept", "*/*").add("connection", "close"),
                upgrade);
    }

    private static ByteBuf answer(int stream, boolean end, String status, String... more) {
        var fields = new ArrayList<>(List.of(":status", status));
        fields.addAll(List.of(more));
        return H2.headers(stream, end, fields.toArray(String[]::new));
    }

    private final HpackDecoder decoder = new HpackDecoder(4096);

    private List<String> fields(ByteBuf sent) throws Exception {
        int length = sent.readUnsignedMedium();
        sent.skipBytes(6);
        var fields = new ArrayList<String>();
        decoder.decode(sent.readSlice(length), (name, value, _) -> fields.add(name + "=" + value));
        sent.release();
        return fields;
    }

    @Test
    void preface_andSettings_areSaidAtOnce() {
        var client = new TestClient(TestOptions.windows(70_000, 80_000));
        var sent = client.duplex.sent();

        assertThat(sent.readSlice(24)).isEqualTo(Http2.preface());
        assertThat(sent.readUnsignedMedium()).isEqualTo(24);
        sent.skipBytes(6);
        assertThat(sent.readUnsignedShort()).isEqualTo(Http2.S_HEADER_TABLE_SIZE);
        sent.skipBytes(4 + 18);
        assertThat(H2.told(sent)).isEmpty();
    }

    @Test
    void request_isWritten_withoutWhatHttp2LacksAndCannotBeSplit() throws Exception {
        var client = client();
        client.send(head("GET"), false);

        assertThat(fields(client.duplex.sent()))
                .containsExactly(
                        ":method=GET", ":scheme=http", ":path=/x", ":authority=shop", "accept=*/*");
        client.send(head("CONNECT"), false);
        assertThat(fields(client.duplex.sent()))
                .containsExactly(":method=CONNECT", ":authority=shop", "accept=*/*");
        client.close();
    }

    @Test
    void headLargerThanAFrame_continues() {
        var client = client();
        var request = head("GET");
        request.headers().add("x", "y".repeat(40_000));
        client.send(request, false);

        assertThat(client.sent())
                .containsExactly("HEADERS 1 end", "CONTINUATION 1", "CONTINUATION 1");
        client.close();
    }

    @Test
    void upgrade_isAnExtendedConnect_andItsAnswerA101() throws Exception {
        var client = client();
        client.duplex.receive(H2.setting(Http2.S_ENABLE_CONNECT_PROTOCOL, 1));
        client.sent();
        var upgraded = client.send(head("GET", "websocket"), false);
        assertThat(fields(client.duplex.sent()))
                .startsWith(":method=CONNECT", ":scheme=http", ":path=/x", ":authority=shop")
                .contains(":protocol=websocket");
        client.duplex.receive(H2.join(answer(1, false, "200"), H2.data(1, false, "hi")));

        assertThat(upgraded.events).containsExactly("head 101 body", "data hi", "burst");
        client.close();
    }

    @Test
    void upgrade_thatThePeerDoesNotTake_isToldSo() {
        var client = client();
        var upgraded = client.send(head("GET", "websocket"), false);
        client.duplex.settle();

        assertThat(upgraded.events).containsExactly("reset LOCAL peer takes no extended CONNECT");
        assertThat(client.connection.active()).isZero();
    }

    @Test
    void answer_withInterimBodyAndTrailers_isTaken() {
        var client = client();
        var exchange = client.send(head("GET"), false);
        client.duplex.receive(
                H2.join(
                        answer(1, false, "103", "link", "x"),
                        answer(1, false, "200", "content-length", "3"),
                        H2.data(1, false, "ab"),
                        H2.data(1, false, "c"),
                        H2.headers(1, true, "grpc-status", "0")));

        assertThat(exchange.events)
                .containsExactly(
                        "interim 103",
                        "head 200 body",
                        "data ab",
                        "data c",
                        "burst",
                        "end grpc-status: 0");
        assertThat(client.connection.active()).isZero();
        assertThat(client.rooms).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, 200, content-length, 0, true, head 200; burst; end",
        "GET, 204, x, y, true, head 204; burst; end",
        "GET, 304, content-length, 5, true, head 304; burst; end",
        "HEAD, 200, content-length, 5, true, head 200; burst; end",
        "GET, 200, content-length, 5, true, PROTOCOL_ERROR messaging",
        "GET, 101, x, y, false, PROTOCOL_ERROR header",
        "GET, 99, x, y, false, PROTOCOL_ERROR header",
        "GET, 2x0, x, y, false, PROTOCOL_ERROR header",
        "GET, 200, connection, close, false, PROTOCOL_ERROR header",
        "GET, 200, :status, 200, false, PROTOCOL_ERROR header",
        "GET, 200, :path, /, false, PROTOCOL_ERROR header",
        "GET, 103, x, y, true, PROTOCOL_ERROR messaging"
    })
    void answer_isJudged(
            String method, String status, String name, String value, boolean end, String told) {
        var client = client();
        var exchange = client.send(head(method), false);
        client.sent();
        client.duplex.receive(answer(1, end, status, name, value));

        var expected =
                told.replace("PROTOCOL_ERROR", "reset PROTOCOL_ERROR")
                        .replace("messaging", "http2.violation.of.messaging.rule")
                        .replace(" header", " http2.invalid.header.field");
        assertThat(String.join("; ", exchange.events)).isEqualTo(expected);
        assertThat(client.sent().contains("RST 1 PROTOCOL_ERROR"))
                .isEqualTo(told.startsWith("PROTOCOL"));
        client.close();
    }

    @ParameterizedTest
    @CsvSource({
        "HEAD, 200, 2",
        "HEAD, 200, 0",
        "GET, 204, 2",
        "GET, 304, 2",
        "GET, 200, 1",
        "GET, 200, 3"
    })
    void dataThatTheHeadDoesNotAnnounce_costsTheStream(String method, String status, String size) {
        var client = client();
        var exchange = client.send(head(method), false);
        client.sent();
        client.duplex.receive(answer(1, false, status, "content-length", size));
        client.duplex.receive(H2.data(1, true, "ab"));

        assertThat(exchange.events)
                .startsWith("head " + status + " body")
                .endsWith("reset PROTOCOL_ERROR http2.violation.of.messaging.rule");
        assertThat(client.sent()).contains("RST 1 PROTOCOL_ERROR");
        client.close();
    }

    @Test
    void dataBeforeTheHead_costsTheStream() {
        var client = client();
        var exchange = client.send(head("GET"), false);
        client.duplex.receive(H2.data(1, false, "a"));

        assertThat(exchange.events)
                .containsExactly("reset PROTOCOL_ERROR http2.violation.of.messaging.rule");
        assertThat(client.sent()).endsWith("RST 1 PROTOCOL_ERROR");
    }

    @Test
    void room_isThePeersAndOurs_and100BeforeItsSettings() {
        var client = new TestClient(TestOptions.streams(500));
        assertThat(client.connection.room()).isEqualTo(100);
        client.duplex.receive(H2.setting(Http2.S_MAX_CONCURRENT_STREAMS, 2));
        assertThat(client.rooms).isEqualTo(1);
        var first = client.send(head("GET"), false);
        client.send(head("GET"), false);
        assertThat(client.connection.room()).isZero();
        assertThatThrownBy(() -> client.send(head("GET"), false))
                .isInstanceOf(IllegalStateException.class);

        first.stream().reset(new StreamReset(StreamReset.Kind.LOCAL, "test"));
        assertThat(client.connection.room()).isEqualTo(1);
        client.duplex.receive(H2.setting(Http2.S_MAX_CONCURRENT_STREAMS, 1_000));
        assertThat(client.connection.room()).isEqualTo(499);
        assertThat(client.sent()).endsWith("RST 1 CANCEL");
        client.close();
    }

    @Test
    void goAway_refusesWhatWasNotProcessed_theRestGoesOn() {
        var client = client();
        var first = client.send(head("GET"), false);
        var second = client.send(head("GET"), false);
        client.duplex.receive(
                H2.frame(Http2.GOAWAY, 0, 0, Unpooled.buffer().writeInt(1).writeInt(0)));
        assertThat(second.events).containsExactly("reset REMOTE_REFUSED http2.remote_refuse");
        assertThat(client.draining).isEqualTo(1);
        assertThat(client.connection.room()).isZero();
        assertThat(client.closed).isEmpty();

        client.duplex.receive(answer(1, true, "200"));
        assertThat(first.events).containsExactly("head 200", "burst", "end");
        assertThat(client.closed).containsExactly("LOCAL drained");
        assertThat(client.duplex.outputEnded).isTrue();
    }

    @Test
    void goAwayInTwoSteps_isOneDrain() {
        var client = client();
        var exchange = client.send(head("GET"), false);
        for (int last : new int[] {Integer.MAX_VALUE, 1}) {
            client.duplex.receive(
                    H2.frame(Http2.GOAWAY, 0, 0, Unpooled.buffer().writeInt(last).writeInt(0)));
        }
        assertThat(exchange.events).isEmpty();
        assertThat(client.draining).isEqualTo(1);
        client.close();
    }

    @Test
    void drain_endsWithTheLastExchange() {
        var client = client();
        client.send(head("GET"), false);
        client.connection.drain();
        assertThat(client.connection.room()).isZero();
        assertThat(client.closed).isEmpty();
        client.duplex.receive(answer(1, true, "200"));

        assertThat(client.closed).containsExactly("LOCAL drained");
        assertThat(client.sent()).endsWith("GOAWAY 0 NO_ERROR");
    }

    @ParameterizedTest
    @CsvSource({
        "7, REMOTE_REFUSED http2.remote_refuse",
        "0, REMOTE http2.remote_reset",
        "2, REMOTE http2.remote_reset",
        "8, REMOTE http2.remote_reset"
    })
    void rstStream_isToldByItsCode(int code, String told) {
        var client = client();
        var exchange = client.send(head("POST"), true);
        client.duplex.receive(H2.number(Http2.RST_STREAM, 1, code));

        assertThat(exchange.events).containsExactly("reset " + told);
        assertThat(client.connection.active()).isZero();
    }

    @Test
    void resetWithoutErrorAfterTheAnswer_isItsEnd_andWhatIsStillWrittenIsTaken() {
        var client = client();
        var exchange = client.send(head("POST"), true);
        client.duplex.receive(
                H2.join(answer(1, true, "200"), H2.number(Http2.RST_STREAM, 1, Http2.NO_ERROR)));
        assertThat(exchange.events).containsExactly("head 200", "burst", "end");

        client.sent();
        exchange.stream().writeData(H2.text("too late"));
        exchange.stream().end(new Headers());
        assertThat(exchange.taken).isEqualTo(8);
        assertThat(client.sent()).isEmpty();
    }

    @Test
    void connectionThatIsLost_isToldToExchangesAndOwner() {
        var client = client();
        var exchange = client.send(head("GET"), false);
        client.duplex.inlet().onEnd();

        assertThat(exchange.events)
                .containsExactly("reset CONNECTION_LOST connection closed by the peer");
        assertThat(client.closed).containsExactly("CONNECTION_LOST connection closed by the peer");
        assertThat(client.connection.room()).isZero();
    }

    @Test
    void frameThatOnlyAClientSends_endsTheConnection() {
        for (var frame : List.of(H2.get(2), answer(3, true, "200"), H2.data(1, true, "a"))) {
            var client = client();
            client.duplex.receive(frame);
            assertThat(client.sent()).containsExactly("GOAWAY 0 PROTOCOL_ERROR");
        }
    }
}
