package dev.ambit.waypoint.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.MemoryDuplex;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.http.Table;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Http1ClientConnectionTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final StreamReset LOCAL = new StreamReset(StreamReset.Kind.LOCAL, "why");

    private final MemoryDuplex duplex = new MemoryDuplex();
    private final RecordingClient owner = new RecordingClient();

    private Http1ClientConnection client =
            Http1ClientConnection.over(duplex, Http1ClientOptions.defaults(), owner);

    @AfterEach
    void close() {
        duplex.close();
    }

    private static RequestHead head(String method, String path, String... fields) {
        var headers = new Headers();
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(fields[i], fields[i + 1]);
        }
        return new RequestHead(HttpVersion.HTTP_2, method, "http", "h:80", path, headers, null);
    }

    private RecordingClient.Answer send(RequestHead head, boolean bodyFollows) {
        var answer = owner.answer();
        var stream = client.send(head, bodyFollows, answer);
        answer.stream = stream;
        stream.flush();
        return answer;
    }

    private static ClientStream stream(RecordingClient.Answer answer) {
        return Objects.requireNonNull(answer.stream);
    }

    private static void write(RecordingClient.Answer answer, String text) {
        stream(answer).writeData(Bytes.of(text));
        stream(answer).flush();
    }

    private static void end(RecordingClient.Answer answer) {
        stream(answer).end(new Headers());
        stream(answer).flush();
    }

    /// As a real Envoy sends them.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // method, body, content-length | what follows host
                "GET     | false |   | \\r\\n",
                "HEAD    | false |   | \\r\\n",
                "DELETE  | false |   | \\r\\n",
                "TRACE   | false |   | \\r\\n",
                "POST    | false |   | content-length: 0\\r\\n\\r\\n",
                "OPTIONS | false |   | content-length: 0\\r\\n\\r\\n",
                "LOCK    | false |   | content-length: 0\\r\\n\\r\\n",
                "POST    | false | 0 | content-length: 0\\r\\n\\r\\n",
                "POST    | true  | 2 | content-length: 2\\r\\n\\r\\nab",
                "POST    | true  |   | transfer-encoding:"
                        + " chunked\\r\\n\\r\\n2\\r\\nab\\r\\n0\\r\\n\\r\\n",
                "GET     | true  |   | transfer-encoding:"
                        + " chunked\\r\\n\\r\\n2\\r\\nab\\r\\n0\\r\\n\\r\\n",
            })
    void request_saysWhereItsBodyEnds(
            String method, boolean body, @Nullable String length, String wire) {
        var answer =
                send(
                        length == null
                                ? head(method, "/p")
                                : head(method, "/p", "content-length", length),
                        body);
        if (body) {
            write(answer, "ab");
            end(answer);
        }

        assertThat(duplex.sent())
                .isEqualTo(method + " /p HTTP/1.1\r\nhost: h:80\r\n" + Table.unescape(wire));
    }

    @Test
    void hopByHopFields_areNotSent_andTeIs() {
        send(
                head(
                        "GET",
                        "/",
                        "connection",
                        "x",
                        "keep-alive",
                        "1",
                        "upgrade",
                        "h2c",
                        "transfer-encoding",
                        "gzip",
                        "te",
                        "trailers",
                        "x-a",
                        "b"),
                false);

        assertThat(duplex.sent())
                .isEqualTo("GET / HTTP/1.1\r\nhost: h:80\r\nte: trailers\r\nx-a: b\r\n\r\n");
    }

    @Test
    void target_canNotEndTheLine() {
        send(head("GET", "/a b\r\nx: y\u00e4"), false);

        assertThat(duplex.sent()).startsWith("GET /a%20b%0D%0Ax:%20y%E4 HTTP/1.1\r\n");
    }

    @Test
    void preserveCase_writesSpellings() {
        client =
                Http1ClientConnection.over(
                        duplex,
                        new Http1ClientOptions(
                                Http1Limits.defaults(), false, false, HeaderCase.PRESERVE),
                        owner);
        var head = head("GET", "/");
        head.headers().add("x-foo", "1", "X-fOO");
        head.hostSpelling("Host");
        var answer = send(head.copy(), false);
        assertThat(duplex.sent()).isEqualTo("GET / HTTP/1.1\r\nHost: h:80\r\nX-fOO: 1\r\n\r\n");

        duplex.receive("HTTP/1.1 204 x\r\nX-bAR: 1\r\n\r\n");
        assertThat(answer.text()).isEqualTo("204 x-bar=1 []");
    }

    @Test
    void exchanges_followEachOther() {
        var first = send(head("GET", "/1"), false);
        assertThat(client.room()).isZero();
        assertThat(client.active()).isEqualTo(1);
        assertThatThrownBy(() -> client.send(head("GET", "/x"), false, owner.answer()))
                .isInstanceOf(IllegalStateException.class);
        duplex.receive(OK);
        assertThat(first.text()).isEqualTo("200 content-length=2 [ok]");
        assertThat(first.bodyFollows).isTrue();
        assertThat(owner.rooms).isEqualTo(1);
        assertThat(client.room()).isEqualTo(1);

        var second = send(head("HEAD", "/2"), false);
        duplex.receive("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");

        assertThat(second.text()).isEqualTo("200 content-length=99 []");
        assertThat(second.bodyFollows).isFalse();
        assertThat(owner.rooms).isEqualTo(2);
        assertThat(duplex.outstanding).isZero();
        assertThat(stream(second).wireBytesReceived())
                .isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n".length());
    }

    @ParameterizedTest
    @ValueSource(strings = {"3\r\nabc\r\n0\r\n\r\n", "0\r\n\r\n"})
    void chunkedResponse_givesTheConnectionBack(String body) {
        send(head("GET", "/1"), false);
        duplex.receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        duplex.receive(body);

        assertThat(owner.rooms).isEqualTo(1);
    }

    @Test
    void credit_isReturnedByTheReader() {
        var answer = send(head("GET", "/1"), false);
        answer.stream = null;
        var head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
        duplex.receive(head + "12345");
        assertThat(duplex.outstanding).isEqualTo(5);
        duplex.receive("67890");

        assertThat(duplex.outstanding).as("what an exchange never returned").isZero();
    }

    @Test
    void taken_isTheBodysAlone() {
        duplex.takes = false;
        var answer = send(head("POST", "/1"), true);
        write(answer, "abc");
        int before =
                "POST /1 HTTP/1.1\r\nhost: h:80\r\ntransfer-encoding: chunked\r\n\r\n".length();
        duplex.take(before + 3 + 2);
        assertThat(answer.taken).isEqualTo(2);
        duplex.take(duplex.untaken);
        assertThat(answer.taken).isEqualTo(3);
    }

    @Test
    void connectionCloseOfTheServer_endsItBehindTheResponse() {
        var answer = send(head("GET", "/1"), false);
        duplex.receive("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\no");
        assertThat(owner.drainings).isEqualTo(1);
        assertThat(client.room()).isZero();
        duplex.receive("k");

        assertThat(answer.text()).isEqualTo("200 content-length=2 [ok]");
        assertThat(duplex.outputEnded).isTrue();
        duplex.receiveEnd();
        assertThat(owner.closed).hasSize(1);
        assertThat(owner.rooms).isZero();
    }

    @Test
    void responseBeforeTheRequestsEnd_endsTheConnection() {
        var answer = send(head("POST", "/1"), true);
        write(answer, "abc");
        duplex.receive(OK);

        assertThat(answer.text()).isEqualTo("200 content-length=2 [ok]");
        assertThat(duplex.resets).hasSize(1);
        assertThat(owner.closed).hasSize(1);
        write(answer, "late");
        end(answer);
    }

    @Test
    void requestThatEndsWhileTheResponseComes_isFine() {
        var answer = send(head("POST", "/1"), true);
        duplex.receive(OK.substring(0, OK.length() - 1));
        end(answer);
        duplex.receive("k");

        assertThat(owner.rooms).isEqualTo(1);
        assertThat(answer.text()).isEqualTo("200 content-length=2 [ok]");
    }

    @Test
    void lossBeforeAByte_showsThatNothingCame() {
        var answer = send(head("GET", "/1"), false);
        duplex.receiveEnd();

        assertThat(answer.reset)
                .isEqualTo(
                        new StreamReset(
                                StreamReset.Kind.CONNECTION_LOST, "connection_termination"));
        assertThat(stream(answer).wireBytesReceived()).isZero();
        assertThat(owner.closed).hasSize(1);
    }

    @Test
    void reset_isToldAsLoss() {
        var answer = send(head("GET", "/1"), false);
        duplex.receiveReset("refused");

        assertThat(answer.reset)
                .isEqualTo(new StreamReset(StreamReset.Kind.CONNECTION_LOST, "refused"));
        assertThat(owner.closed).hasSize(1);
    }

    @Test
    void bytesWithoutARequest_endTheConnection() {
        duplex.receive("HTTP/1.1 408 Request Timeout\r\n\r\n");

        assertThat(client.room()).isZero();
        assertThat(owner.closed.get(0).kind()).isEqualTo(StreamReset.Kind.PROTOCOL_ERROR);
        assertThat(duplex.resets).hasSize(1);
    }

    @Test
    void endWhileIdle_isTold() {
        duplex.receiveEnd();

        assertThat(owner.closed).hasSize(1);
        assertThat(duplex.outputEnded).isTrue();
        assertThat(client.room()).isZero();
    }

    @Test
    void longResponse_isGivenBackOnlyIfNothingFollows() {
        send(head("GET", "/1"), false);
        duplex.receive(OK + "x");

        assertThat(owner.rooms).isZero();
        assertThat(owner.closed.get(0).kind()).isEqualTo(StreamReset.Kind.PROTOCOL_ERROR);
    }

    private RecordingClient.Answer upgrade() {
        var head = head("CONNECT", "/ws", "sec-websocket-version", "13");
        head.upgrade("websocket");
        return send(head, true);
    }

    @Test
    void upgrade_agreed_isRawBothWays_behindTheAnswer() {
        var answer = upgrade();
        assertThat(duplex.sent())
                .isEqualTo(
                        "GET /ws HTTP/1.1\r\nhost: h:80\r\nsec-websocket-version: 13\r\n"
                                + "connection: upgrade\r\nupgrade: websocket\r\n\r\n");
        write(answer, "early");
        assertThat(duplex.sent()).isEmpty();
        assertThat(answer.taken).isZero();
        duplex.receive("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\ndown");

        assertThat(duplex.sent()).isEqualTo("early");
        assertThat(answer.taken).isEqualTo(5);
        assertThat(answer.bodyFollows).isTrue();
        write(answer, "up");
        assertThat(duplex.sent()).isEqualTo("up");
        end(answer);
        assertThat(duplex.outputEnded).isTrue();
        duplex.receive("last");
        duplex.receiveEnd();
        assertThat(answer.text()).isEqualTo("101 upgrade=websocket [downlast]");
        assertThat(owner.closed).hasSize(1);
    }

    @Test
    void upgrade_refused_isAPlainResponse() {
        var answer = upgrade();
        write(answer, "early");
        duplex.sent();
        duplex.receive("HTTP/1.1 403 x\r\nContent-Length: 2\r\n\r\nno");

        assertThat(answer.text()).isEqualTo("403 content-length=2 [no]");
        assertThat(duplex.sent()).isEmpty();
        assertThat(owner.rooms).isEqualTo(1);
    }

    @Test
    void connect_writesTheAuthority_andIsRaw() {
        var answer = send(head("CONNECT", ""), true);
        assertThat(duplex.sent()).isEqualTo("CONNECT h:80 HTTP/1.1\r\nhost: h:80\r\n\r\n");
        duplex.receive("HTTP/1.1 200 x\r\n\r\nraw");
        duplex.receiveEnd();
        assertThat(answer.text()).isEqualTo("200 [raw]");
        write(answer, "up");
        end(answer);

        assertThat(duplex.sent()).isEqualTo("up");
        assertThat(owner.closed).hasSize(1);
    }

    @Test
    void drain_whileIdle_ends() {
        client.drain();

        assertThat(client.room()).isZero();
        assertThat(duplex.outputEnded).isTrue();
    }

    @Test
    void drain_whileBusy_endsBehindTheResponse() {
        var answer = send(head("GET", "/1"), false);
        client.drain();
        assertThat(duplex.outputEnded).isFalse();
        duplex.receive(OK);

        assertThat(answer.text()).isEqualTo("200 content-length=2 [ok]");
        assertThat(duplex.outputEnded).isTrue();
        assertThat(owner.rooms).isZero();
    }

    @Test
    void resetOfTheExchange_endsTheConnection() {
        var answer = send(head("GET", "/1"), false);
        stream(answer).reset(LOCAL);

        assertThat(answer.reset).isNull();
        assertThat(duplex.resets).hasSize(1);
        assertThat(owner.closed).containsExactly(LOCAL);
    }

    @Test
    void close_isToldToTheExchange() {
        var answer = send(head("GET", "/1"), false);
        client.close(LOCAL);

        assertThat(answer.reset).isEqualTo(LOCAL);
        assertThat(owner.closed).containsExactly(LOCAL);
        assertThat(duplex.resets).hasSize(1);
    }
}
