package dev.ambit.waypoint.http1;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Http1ServerConnectionTest extends ServerSide {
    @Test
    void bodyFollows_isToldWithTheHead() {
        server();
        duplex.receive(GET);
        assertThat(handler.only().bodyFollows).isFalse();
        respond(200, false);
        duplex.receive("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
        assertThat(handler.only().bodyFollows).isFalse();
        respond(200, false);
        duplex.receive(POST);
        assertThat(handler.only().bodyFollows).isTrue();
        duplex.receive("12345");
        respond(200, false);
        duplex.receive(UPGRADE);
        assertThat(handler.only().bodyFollows).isTrue();
    }

    @Test
    void requestsAhead_waitForTheirTurn() {
        server();
        duplex.receive(GET + POST + "12345" + GET);
        assertThat(handler.exchanges).hasSize(1);
        assertThat(duplex.outstanding).isEqualTo(POST.length() + 5 + GET.length());

        respond(200, false);
        duplex.run();
        assertThat(handler.text())
                .isEqualTo("GET http://h /a [] ; POST http://h /b content-length=5 [12345]");
        assertThat(duplex.outstanding).isEqualTo(GET.length());

        respond(200, false);
        duplex.run();
        assertThat(handler.exchanges).hasSize(3);
        assertThat(duplex.outstanding).isZero();
    }

    @Test
    void responsesUnread_holdTheNextRequestBack() {
        server();
        duplex.takes = false;
        duplex.receive(GET);
        respond(200, true, "content-length", "70000");
        write("x".repeat(70_000));
        end();
        duplex.receive(GET);
        assertThat(handler.exchanges).hasSize(1);

        duplex.take(10_000);

        assertThat(handler.exchanges).hasSize(2);
    }

    @Test
    void credit_comesBackOnlyFromTheReader() {
        server();
        handler.grants = false;
        duplex.receive(POST + "123");
        assertThat(duplex.outstanding).isEqualTo(3);
        handler.only().stream.grant(2);
        assertThat(duplex.outstanding).isEqualTo(1);

        duplex.receive("45");
        respond(200, false);

        assertThat(duplex.outstanding).as("what an exchange never returned").isZero();
        handler.only().stream.grant(3);
        assertThat(duplex.outstanding).isZero();
    }

    @Test
    void taken_isTheBodysAlone_andEachExchangesOwn() {
        server();
        duplex.takes = false;
        duplex.receive(GET + GET);
        respond(200, true);
        write("abc");
        end();
        duplex.run();
        var first = handler.exchanges.get(0);
        respond(200, true, "content-length", "4");
        write("defg");
        var second = handler.exchanges.get(1);
        int head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".length();

        duplex.take(head + 3 + 1);
        assertThat(first.taken).isEqualTo(1);
        duplex.take(2 + 2 + 5);
        assertThat(first.taken).isEqualTo(3);
        assertThat(second.taken).isZero();
        duplex.take(duplex.untaken);
        assertThat(second.taken).isEqualTo(4);
    }

    @Test
    void bodyOfAResponseWithoutOne_countsAsTaken() {
        server();
        duplex.receive("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
        respond(200, true, "content-length", "3");
        write("abc");
        assertThat(handler.only().taken).isEqualTo(3);
        end();

        assertThat(duplex.sent()).isEqualTo("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n");
    }

    @Test
    void moreThanTheContentLength_isCut() {
        server();
        duplex.receive(GET);
        respond(200, true, "content-length", "3");
        write("abcHTTP/1.1 200 OK");
        end();

        assertThat(duplex.sent()).endsWith("\r\n\r\nabc");
        assertThat(handler.only().taken).isEqualTo(18);
        assertThat(duplex.resets).isEmpty();
    }

    @Test
    void lessThanTheContentLength_breaksTheConnection() {
        server();
        duplex.receive(GET);
        respond(200, true, "content-length", "3");
        write("ab");
        end();

        assertThat(duplex.outputEnded).isTrue();
        assertThat(handler.closed).isZero();
        duplex.receiveEnd();
        assertThat(handler.closed).isEqualTo(1);
    }

    @Test
    void responseBeforeTheRequestsEnd_closes_andDiscardsTheRest() {
        server();
        duplex.receive(POST + "12");
        respond(413, true, "content-length", "3");
        write("big");
        end();

        assertThat(duplex.sent()).contains("\r\nconnection: close\r\n").endsWith("big");
        assertThat(duplex.outputEnded).isTrue();
        duplex.receive("345" + GET);
        assertThat(handler.only().body.toString()).isEqualTo("12");
        assertThat(handler.exchanges).hasSize(1);
        assertThat(duplex.outstanding).isZero();
        assertThat(handler.closed).isZero();
        duplex.receiveEnd();
        assertThat(handler.closed).isEqualTo(1);
        assertThat(duplex.resets).isEmpty();
    }

    @Test
    void discarding_hasALimit() {
        server();
        duplex.receive(POST);
        respond(413, false);
        int limit = Http1Limits.defaults().maxDiscardBytes();
        duplex.receive("x".repeat(limit));
        assertThat(duplex.outstanding).isZero();
        duplex.receive("yy");
        assertThat(duplex.outstanding).isEqualTo(2);
    }

    @Test
    void peerThatKeepsItsSideOpen_isResetInTheEnd() {
        server();
        duplex.receive(GET);
        respond(200, false, "connection", "close");
        duplex.advance(Http1Limits.defaults().closeLinger().minusMillis(1));
        assertThat(duplex.resets).isEmpty();
        duplex.advance(Duration.ofMillis(2));

        assertThat(duplex.resets).hasSize(1);
        assertThat(handler.closed).isEqualTo(1);
    }

    @Test
    void upgrade_answered101_isRawBothWays() {
        server();
        duplex.receive(UPGRADE + "early");
        assertThat(handler.only().head.upgrade()).isEqualTo("websocket");
        assertThat(handler.only().body.toString()).isEmpty();
        respond(101, true, "upgrade", "websocket");
        duplex.run();

        assertThat(duplex.sent())
                .isEqualTo(
                        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
                                + "connection: upgrade\r\n\r\n");
        assertThat(handler.only().body.toString()).isEqualTo("early");
        write("down");
        assertThat(duplex.sent()).isEqualTo("down");
        duplex.receive("up");
        assertThat(handler.only().body.toString()).isEqualTo("earlyup");
        duplex.receiveEnd();
        assertThat(handler.only().trailers).isNotNull();
        write("more");
        end();
        assertThat(duplex.sent()).isEqualTo("more");
        assertThat(duplex.done()).isTrue();
        assertThat(handler.closed).isEqualTo(1);
    }

    @Test
    void upgrade_whoseServerEndsFirst_stillReads() {
        server();
        duplex.receive(UPGRADE);
        respond(101, true, "upgrade", "websocket");
        write("bye");
        end();
        assertThat(duplex.outputEnded).isTrue();
        duplex.receive("last");
        assertThat(handler.only().body.toString()).isEqualTo("last");
        duplex.receiveEnd();

        assertThat(handler.closed).isEqualTo(1);
        assertThat(handler.only().reset).isNull();
    }

    @Test
    void upgradeRefused_nothingElseIsRead() {
        server();
        duplex.receive(UPGRADE + GET);
        respond(403, false);

        assertThat(duplex.sent()).contains("\r\nconnection: close\r\n");
        assertThat(handler.exchanges).hasSize(1);
        assertThat(duplex.outputEnded).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "'Connection: Upgrade\\r\\nUpgrade: websocket\\r\\nContent-Length: 1\\r\\n\\r\\nx'",
        "'Connection: Upgrade\\r\\nUpgrade: websocket\\r\\nTransfer-Encoding:"
                + " chunked\\r\\n\\r\\n0\\r\\n\\r\\n'",
        "'Upgrade: websocket\\r\\n\\r\\n'",
        "'Connection: Upgrade, HTTP2-Settings\\r\\nUpgrade: h2c\\r\\nHTTP2-Settings:"
                + " AA\\r\\n\\r\\n'",
    })
    void upgrade_withABodyOrHalf_isIgnored(String rest) {
        server();
        duplex.receive(
                "GET / HTTP/1.1\r\nHost: h\r\n" + dev.ambit.waypoint.http.Table.unescape(rest));

        assertThat(handler.only().head.upgrade()).isNull();
        assertThat(handler.only().trailers).isNotNull();
        assertThat(handler.only().head.headers().contains("upgrade")).isFalse();
        assertThat(handler.only().head.headers().contains("http2-settings")).isFalse();
    }

    @Test
    void connect_answered200_isRaw() {
        server();
        duplex.receive("CONNECT a:1 HTTP/1.1\r\nHost: b\r\n\r\nearly");
        assertThat(handler.only().head.authority()).isEqualTo("a:1");
        respond(200, true, "content-length", "7");
        duplex.run();
        write("x");

        assertThat(duplex.sent()).isEqualTo("HTTP/1.1 200 OK\r\n\r\nx");
        assertThat(handler.only().body.toString()).isEqualTo("early");
    }

    @Test
    void expectation_isAnsweredHere_orPassedOn() {
        server();
        duplex.receive(POST.replace("Host", "Expect: 100-Continue\r\nHost"));
        assertThat(duplex.sent()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
        assertThat(handler.only().head.headers().contains("expect")).isFalse();
    }

    @Test
    void expectation_withProxying_isPassedOn() {
        server(options(false, true, HeaderCase.LOWER, Duration.ZERO));
        duplex.receive(POST.replace("Host", "Expect: 100-continue\r\nHost"));
        assertThat(duplex.sent()).isEmpty();
        assertThat(handler.only().head.headers().get("expect")).isEqualTo("100-continue");

        handler.only().stream.informational(new ResponseHead(100, new Headers().add("x-a", "b")));
        assertThat(duplex.sent()).isEqualTo("HTTP/1.1 100 Continue\r\nx-a: b\r\n\r\n");
    }

    @Test
    void interimResponse_toHttp10_isNotSent() {
        server(serving10());
        duplex.receive("GET / HTTP/1.0\r\nHost: h\r\n\r\n");
        handler.only().stream.informational(new ResponseHead(103, new Headers()));
        handler.only().stream.flush();

        assertThat(duplex.sent()).isEmpty();
    }

    @Test
    void rejection_saysWhy_andCloses() {
        server(serving10());
        duplex.receive("GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n");

        assertThat(duplex.sent())
                .isEqualTo(
                        "HTTP/1.1 400 Bad Request\r\n"
                                + "content-length: 11\r\n"
                                + "content-type: text/plain\r\n"
                                + "date: today\r\n"
                                + "connection: close\r\n\r\n"
                                + "Bad Request");
        var rejected = handler.rejected.get(0);
        assertThat(rejected.details()).isEqualTo("http1.codec_error");
        assertThat(rejected.cause()).contains("\"X : b\"").contains("expected");
        assertThat(duplex.outputEnded).isTrue();
    }

    @Test
    void brokenBody_afterTheResponseBegan_breaksTheConnection() {
        server();
        duplex.receive("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        respond(200, true);
        duplex.sent();
        duplex.receive("zz\r\n");

        assertThat(duplex.sent()).isEmpty();
        assertThat(duplex.resets).hasSize(1);
        var reset = requireNonNull(handler.only().reset);
        assertThat(reset.kind()).isEqualTo(StreamReset.Kind.PROTOCOL_ERROR);
    }

    @Test
    void slowHead_isAnswered408() {
        server(options(false, false, HeaderCase.LOWER, Duration.ofSeconds(5)));
        duplex.advance(Duration.ofSeconds(60));
        duplex.receive("GET / HT");
        duplex.advance(Duration.ofSeconds(4));
        duplex.receive("TP/1.1\r\n");
        assertThat(duplex.sent()).isEmpty();
        duplex.advance(Duration.ofSeconds(2));

        assertThat(duplex.sent()).startsWith("HTTP/1.1 408 Request Timeout\r\n");
    }

    @Test
    void headInTime_isNotTimed() {
        server(options(false, false, HeaderCase.LOWER, Duration.ofSeconds(5)));
        duplex.receive(GET.substring(0, 5));
        duplex.receive(GET.substring(5));
        duplex.advance(Duration.ofSeconds(60));

        assertThat(duplex.sent()).isEmpty();
        assertThat(handler.exchanges).hasSize(1);
    }

    @Test
    void clientThatEndsItsSide_hasLeft() {
        var server = server();
        duplex.receive(GET);
        duplex.receiveEnd();

        assertThat(handler.only().reset)
                .isEqualTo(
                        new StreamReset(
                                StreamReset.Kind.CONNECTION_LOST, "downstream_remote_disconnect"));
        assertThat(duplex.resets).hasSize(1);
        assertThat(handler.closed).isEqualTo(1);
        assertThat(server.active()).isZero();
    }

    @Test
    void idleClientThatEnds_isEndedToo() {
        server();
        duplex.receive(GET);
        respond(200, false);
        duplex.receiveEnd();

        assertThat(duplex.outputEnded).isTrue();
        assertThat(duplex.resets).isEmpty();
        assertThat(handler.closed).isEqualTo(1);
    }

    @Test
    void lostConnection_isToldToTheExchange() {
        server();
        duplex.receive(POST + "1");
        duplex.receiveReset("peer reset");

        assertThat(handler.only().reset)
                .isEqualTo(new StreamReset(StreamReset.Kind.CONNECTION_LOST, "peer reset"));
        assertThat(handler.closed).isEqualTo(1);
        write("x");
        respond(200, false);
    }

    @Test
    void reset_endsTheConnection_andIsNotToldBack() {
        server();
        duplex.receive(POST + "1");
        handler.only().stream.reset(LOCAL);
        handler.only().stream.reset(LOCAL);

        assertThat(duplex.resets).hasSize(1);
        assertThat(handler.only().reset).isNull();
        assertThat(handler.closed).isEqualTo(1);
    }

    @Test
    void close_isToldToTheExchange() {
        var server = server();
        duplex.receive(POST + "1");
        server.close(LOCAL);

        assertThat(handler.only().reset).isEqualTo(LOCAL);
        assertThat(duplex.resets).hasSize(1);
        assertThat(handler.closed).isEqualTo(1);
    }

    @Test
    void drain_whileServing_closesAfterTheResponse() {
        var server = server();
        duplex.receive(GET);
        server.drain();
        respond(200, false);

        assertThat(duplex.sent()).contains("\r\nconnection: close\r\n");
        assertThat(duplex.outputEnded).isTrue();
    }

    @Test
    void drain_whileIdle_waitsForOneMoreRequest() {
        var server = server();
        duplex.receive(GET);
        respond(200, false);
        duplex.sent();
        server.drain();
        assertThat(duplex.outputEnded).isFalse();
        duplex.receive(GET);
        respond(200, false);

        assertThat(duplex.sent()).contains("\r\nconnection: close\r\n");
        assertThat(duplex.outputEnded).isTrue();
    }

    @Test
    void drain_whileIdle_endsInTheEnd() {
        var server = server();
        server.drain();
        duplex.advance(Http1Limits.defaults().drainIdle());

        assertThat(duplex.outputEnded).isTrue();
        duplex.receiveEnd();
        assertThat(handler.closed).isEqualTo(1);
    }

    @Test
    void wireBytes_areEachExchangesOwn() {
        server();
        duplex.receive(GET + POST + "12345" + GET);
        var first = handler.only();
        respond(200, false);
        duplex.run();
        var second = handler.only();
        respond(200, true);
        write("abc");
        end();
        int plain = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".length();
        int chunked =
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                        .length();

        assertThat(first.stream.wireBytesReceived()).isEqualTo(GET.length());
        assertThat(first.stream.wireBytesSent()).isEqualTo(plain);
        assertThat(second.stream.wireBytesReceived()).isEqualTo(POST.length() + 5);
        assertThat(second.stream.wireBytesSent()).isEqualTo(chunked);
    }

    @Test
    void burst_isToldOnce() {
        server();
        duplex.receive(POST + "12");
        assertThat(handler.only().bursts).isEqualTo(1);
        duplex.receive("345");
        assertThat(handler.only().bursts).isEqualTo(2);
    }
}
