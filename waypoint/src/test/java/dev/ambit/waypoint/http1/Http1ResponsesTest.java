package dev.ambit.waypoint.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What responses look like on the wire.
class Http1ResponsesTest extends ServerSide {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // method, version, status, bodyFollows, content-length | what follows the status
                // line
                "GET  | 1.1 | 200 | true  | 2 | content-length: 2\\r\\n\\r\\nok",
                "GET  | 1.1 | 200 | true  |   | transfer-encoding:"
                        + " chunked\\r\\n\\r\\n2\\r\\nok\\r\\n0\\r\\n\\r\\n",
                "GET  | 1.1 | 200 | false |   | content-length: 0\\r\\n\\r\\n",
                "GET  | 1.1 | 204 | false |   | \\r\\n",
                "GET  | 1.1 | 204 | false | 0 | \\r\\n",
                "GET  | 1.1 | 204 | true  |   | \\r\\n",
                "GET  | 1.1 | 304 | false |   | \\r\\n",
                "GET  | 1.1 | 304 | false | 9 | content-length: 9\\r\\n\\r\\n",
                "GET  | 1.1 | 205 | false | 0 | content-length: 0\\r\\n\\r\\n",
                "HEAD | 1.1 | 200 | false | 9 | content-length: 9\\r\\n\\r\\n",
                "HEAD | 1.1 | 200 | false |   | transfer-encoding: chunked\\r\\n\\r\\n",
                "HEAD | 1.1 | 200 | true  |   | transfer-encoding: chunked\\r\\n\\r\\n",
                "HEAD | 1.1 | 204 | false |   | \\r\\n",
                "HEAD | 1.1 | 304 | false |   | \\r\\n",
                "GET  | 1.0 | 200 | true  | 2 | content-length: 2\\r\\nconnection:"
                        + " close\\r\\n\\r\\nok",
                "GET  | 1.0 | 200 | true  |   | connection: close\\r\\n\\r\\nok",
                "GET  | 1.0 | 200 | false |   | content-length: 0\\r\\nconnection:"
                        + " close\\r\\n\\r\\n",
                "HEAD | 1.0 | 200 | false |   | connection: close\\r\\n\\r\\n",
            })
    void response_saysWhereItsBodyEnds(
            String method, String version, int status, boolean body, String length, String wire) {
        server(serving10());
        duplex.receive(method + " / HTTP/" + version + "\r\nHost: h\r\n\r\n");

        if (length == null) {
            respond(status, body);
        } else {
            respond(status, body, "content-length", length);
        }
        if (body) {
            write("ok");
            end();
        }

        var sent = duplex.sent();
        assertThat(sent.substring(0, 12)).isEqualTo("HTTP/" + version + " " + status);
        assertThat(sent.substring(sent.indexOf("\r\n") + 2))
                .isEqualTo(dev.ambit.waypoint.http.Table.unescape(wire));
        assertThat(duplex.outputEnded).isEqualTo(version.equals("1.0"));
    }

    @Test
    void response10_toKeepAlive_keepsTheConnection() {
        server(serving10());
        duplex.receive("GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
        respond(200, false);

        assertThat(duplex.sent()).contains("\r\nconnection: keep-alive\r\n");
        duplex.receive("GET / HTTP/1.0\r\nHost: h\r\n\r\n");
        assertThat(handler.exchanges).hasSize(2);
    }

    @Test
    void framingFieldsOfTheApplication_areNotSent() {
        server();
        duplex.receive(GET);
        respond(
                200,
                false,
                "transfer-encoding",
                "chunked",
                "keep-alive",
                "x",
                "upgrade",
                "h2c",
                "proxy-connection",
                "x",
                "x-a",
                "b");

        assertThat(duplex.sent())
                .isEqualTo("HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 0\r\n\r\n");
    }

    @Test
    void fieldValues_canNotEndALine() {
        server();
        duplex.receive(GET);
        respond(200, false, "x-a", "b\r\nx-evil: c", "x-b", "d\u010aX-e: f", "x-c", "a\0b");

        assertThat(duplex.sent())
                .isEqualTo(
                        "HTTP/1.1 200 OK\r\nx-a: b  x-evil: c\r\nx-b: d X-e: f\r\nx-c: a b\r\n"
                                + "content-length: 0\r\n\r\n");
    }

    @Test
    void responseThatAsksForIt_closes() {
        server();
        duplex.receive(GET);
        respond(200, false, "connection", "close");

        assertThat(duplex.sent()).contains("\r\nconnection: close\r\n");
        assertThat(duplex.outputEnded).isTrue();
    }

    @Test
    void trailers_passIfEnabled() {
        server(options(true, false, HeaderCase.LOWER, Duration.ZERO));
        duplex.receive(GET);
        respond(200, true);
        write("ok");
        handler.only().stream.end(new Headers().add("x-t", "1"));
        handler.only().stream.flush();

        assertThat(duplex.sent()).endsWith("2\r\nok\r\n0\r\nx-t: 1\r\n\r\n");
    }

    @Test
    void trailers_otherwise_areDropped() {
        server();
        duplex.receive(GET);
        respond(200, true);
        handler.only().stream.end(new Headers().add("x-t", "1"));
        handler.only().stream.flush();

        assertThat(duplex.sent()).endsWith("\r\n\r\n0\r\n\r\n");
    }

    @Test
    void largeChunk_hasItsSizeInHex() {
        server();
        duplex.receive(GET);
        respond(200, true);
        duplex.sent();
        write("x".repeat(0x12345));

        assertThat(duplex.sent()).startsWith("12345\r\nxx").endsWith("xx\r\n");
    }

    @Test
    void properCase_raisesEachWord() {
        server(options(false, false, HeaderCase.PROPER, Duration.ZERO));
        duplex.receive(GET);
        respond(200, true, "x-fOO".toLowerCase(java.util.Locale.ROOT), "1", "x_b-c1$d", "z");

        assertThat(duplex.sent())
                .isEqualTo(
                        "HTTP/1.1 200 OK\r\n"
                                + "X-Foo: 1\r\n"
                                + "X_B-C1$D: z\r\n"
                                + "Transfer-Encoding: chunked\r\n\r\n");
    }

    @Test
    void preserveCase_keepsSpellings() {
        server(options(false, false, HeaderCase.PRESERVE, Duration.ZERO));
        duplex.receive("GET / HTTP/1.1\r\nHOST: h\r\nX-fOO: 1\r\naccept: b\r\n\r\n");
        var head = handler.only().head;

        assertThat(head.hostSpelling()).isEqualTo("HOST");
        assertThat(head.headers().spelledName(0)).isEqualTo("X-fOO");
        assertThat(head.headers().spelledName(1)).isEqualTo("accept");

        handler.only()
                .stream
                .respond(new ResponseHead(200, new Headers().add("x-bar", "1", "X-BAR")), false);
        handler.only().stream.flush();
        assertThat(duplex.sent())
                .isEqualTo("HTTP/1.1 200 OK\r\nX-BAR: 1\r\ncontent-length: 0\r\n\r\n");
    }
}
