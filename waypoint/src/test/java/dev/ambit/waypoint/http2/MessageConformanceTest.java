package dev.ambit.waypoint.http2;

import static dev.ambit.waypoint.http2.Conformance.HEADER;
import static dev.ambit.waypoint.http2.Conformance.MESSAGE;
import static dev.ambit.waypoint.http2.Conformance.OK;
import static dev.ambit.waypoint.http2.Conformance.after;
import static dev.ambit.waypoint.http2.Conformance.row;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http2.Conformance.Row;
import io.netty.buffer.ByteBuf;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// RFC 9113 section 8: messages.
class MessageConformanceTest {
    private static Row request(String name, String expected, String... fields) {
        return row("8", name, () -> H2.headers(1, true, fields), expected);
    }

    private static Row extra(String name, String field, String value, String expected) {
        return row("8.2", name, () -> H2.get(1, field, value), expected);
    }

    static Stream<Row> fields() {
        return Stream.of(
                extra("name in upper case", "X-A", "b", HEADER),
                extra("connection", "connection", "close", HEADER),
                extra("keep-alive", "keep-alive", "x", HEADER),
                extra("proxy-connection", "proxy-connection", "x", HEADER),
                extra("transfer-encoding", "transfer-encoding", "chunked", HEADER),
                extra("upgrade", "upgrade", "x", HEADER),
                extra("te: gzip", "te", "gzip", HEADER),
                extra("te: trailers, deflate", "te", "trailers, deflate", HEADER),
                extra("te: trailers", "te", "trailers", OK),
                extra("unknown pseudo-header", ":foo", "b", HEADER),
                extra("pseudo-header of responses", ":status", "200", HEADER),
                extra("second :path", ":path", "/", HEADER),
                extra("second :method", ":method", "GET", HEADER),
                extra("second :authority", ":authority", "a", HEADER),
                extra(":protocol where it is not allowed", ":protocol", "x", HEADER),
                extra("empty name", "", "x", HEADER),
                extra("blank in name", "x a", "b", HEADER),
                extra("colon in name", "x:a", "b", HEADER),
                extra("octet over 127 in name", "x\u0080", "b", HEADER),
                extra("underscore in name", "x_a", "b", OK),
                extra("NUL in value", "x", "a\0b", HEADER),
                extra("LF in value", "x", "a\nb", HEADER),
                extra("CR in value", "x", "a\rb", HEADER),
                extra("control character in value", "x", "a\u0001b", HEADER),
                extra("DEL in value", "x", "a\u007fb", HEADER),
                extra("octet over 127 in value", "x", "a\u0080b", OK),
                extra("tab in value", "x", "a\tb", OK),
                extra("blanks around value", "x", " a ", OK),
                extra("content-length that is none", "content-length", "5x", HEADER),
                extra("negative content-length", "content-length", "-1", HEADER),
                extra("list in content-length", "content-length", "0, 0", HEADER),
                extra("content-length without body", "content-length", "5", MESSAGE),
                extra("content-length 0", "content-length", "0", OK),
                row(
                        "8.2",
                        "second content-length",
                        () -> H2.get(1, "content-length", "0", "content-length", "0"),
                        HEADER),
                extra("host that differs", "host", "h", OK),
                row("8.3.1", "second host", () -> H2.get(1, "host", "h", "host", "h"), HEADER),
                extra("host that is none", "host", "a b", HEADER));
    }

    static Stream<Row> pseudoHeaders() {
        return Stream.of(
                request(
                        "whole",
                        OK,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "/"),
                request(
                        "without :method",
                        MESSAGE,
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "/"),
                request(
                        "without :scheme",
                        MESSAGE,
                        ":method",
                        "GET",
                        ":authority",
                        "a",
                        ":path",
                        "/"),
                request(
                        "without :path",
                        MESSAGE,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a"),
                request(
                        "without :authority",
                        MESSAGE,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":path",
                        "/"),
                request(
                        "host for :authority",
                        OK,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":path",
                        "/",
                        "host",
                        "h"),
                request(
                        "empty :path",
                        HEADER,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        ""),
                request(
                        "empty :authority",
                        HEADER,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "",
                        ":path",
                        "/"),
                request(
                        "empty :method",
                        HEADER,
                        ":method",
                        "",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "/"),
                request(
                        "user in :authority",
                        HEADER,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "u@a",
                        ":path",
                        "/"),
                request(
                        "blank in :authority",
                        HEADER,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a b",
                        ":path",
                        "/"),
                request(
                        "blank in :method",
                        HEADER,
                        ":method",
                        "G T",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "/"),
                request(
                        "blank in :path",
                        HEADER,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "/a b"),
                request(
                        "octet over 127 in :path",
                        OK,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "/\u00e9"),
                request(
                        "blank in :scheme",
                        HEADER,
                        ":method",
                        "GET",
                        ":scheme",
                        "a b",
                        ":authority",
                        "a",
                        ":path",
                        "/"),
                request(
                        "other :scheme",
                        OK,
                        ":method",
                        "GET",
                        ":scheme",
                        "ftp",
                        ":authority",
                        "a",
                        ":path",
                        "/"),
                request(
                        ":path without slash",
                        MESSAGE,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "foo"),
                request(
                        "* but OPTIONS",
                        MESSAGE,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "*"),
                request(
                        "OPTIONS *",
                        OK,
                        ":method",
                        "OPTIONS",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        "*"),
                request(
                        "pseudo-header behind a field",
                        HEADER,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        "x",
                        "y",
                        ":path",
                        "/"),
                request("CONNECT", OK, ":method", "CONNECT", ":authority", "a:80"),
                request(
                        "CONNECT with :path",
                        MESSAGE,
                        ":method",
                        "CONNECT",
                        ":authority",
                        "a:80",
                        ":path",
                        "/"),
                request(
                        "CONNECT with :scheme",
                        MESSAGE,
                        ":method",
                        "CONNECT",
                        ":authority",
                        "a:80",
                        ":scheme",
                        "http"),
                request("CONNECT without :authority", MESSAGE, ":method", "CONNECT"));
    }

    static Stream<Row> bodies() {
        Supplier<ByteBuf> begun = () -> H2.post(1);
        Supplier<ByteBuf> three = after(begun, () -> H2.data(1, false, "abc"));
        Supplier<ByteBuf> five = () -> H2.post(1, "content-length", "5");
        return Stream.of(
                row("8.1", "body", after(begun, () -> H2.data(1, true, "abc")), OK),
                row("8.1", "trailers", after(three, () -> H2.headers(1, true, "x", "y")), OK),
                row(
                        "8.1",
                        "trailers that end nothing",
                        after(three, () -> H2.headers(1, false, "x", "y")),
                        "reset PROTOCOL_ERROR http2.violation.of.messaging.rule"
                                + "|RST 1 PROTOCOL_ERROR"),
                row(
                        "8.1",
                        "pseudo-header in trailers",
                        after(three, () -> H2.headers(1, true, ":path", "/")),
                        "reset PROTOCOL_ERROR http2.invalid.header.field|RST 1 PROTOCOL_ERROR"),
                row(
                        "8.1",
                        "connection in trailers",
                        after(three, () -> H2.headers(1, true, "connection", "x")),
                        "reset PROTOCOL_ERROR http2.invalid.header.field|RST 1 PROTOCOL_ERROR"),
                row(
                        "8.1.1",
                        "less than content-length",
                        after(five, () -> H2.data(1, true, "abc")),
                        "reset PROTOCOL_ERROR http2.violation.of.messaging.rule"
                                + "|RST 1 PROTOCOL_ERROR"),
                row(
                        "8.1.1",
                        "more than content-length",
                        after(five, () -> H2.data(1, true, "abcdef")),
                        "reset PROTOCOL_ERROR http2.violation.of.messaging.rule"
                                + "|RST 1 PROTOCOL_ERROR"),
                row("8.1.1", "content-length", after(five, () -> H2.data(1, true, "abcde")), OK),
                row(
                        "6.1",
                        "padding",
                        after(begun, () -> H2.frame(Http2.DATA, 9, 1, 2, 'a', 0, 0)),
                        OK),
                row(
                        "6.1",
                        "padding longer than its frame",
                        after(begun, () -> H2.frame(Http2.DATA, 9, 1, 255, 'a')),
                        "reset PROTOCOL_ERROR|GOAWAY 1 PROTOCOL_ERROR"),
                row("6.1", "stream 0", () -> H2.data(0, true, "a"), "GOAWAY 0 PROTOCOL_ERROR"),
                row("5.1", "idle stream", () -> H2.data(1, true, "a"), "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "5.1",
                        "after the end",
                        after(() -> H2.get(1), () -> H2.data(1, true, "a")),
                        OK + "|GOAWAY 1 STREAM_CLOSED"),
                row(
                        "4.2",
                        "frame too large",
                        after(begun, () -> H2.data(1, true, "a".repeat(65_537))),
                        "reset PROTOCOL_ERROR|GOAWAY 1 FRAME_SIZE_ERROR"),
                row(
                        "10.5",
                        "one empty frame",
                        after(begun, () -> H2.join(H2.data(1, false, ""), H2.data(1, true, "a"))),
                        OK),
                row(
                        "10.5",
                        "two empty frames",
                        after(begun, () -> H2.join(H2.data(1, false, ""), H2.data(1, false, ""))),
                        "reset PROTOCOL_ERROR http2.inbound_empty_frames_flood"
                                + "|GOAWAY 1 ENHANCE_YOUR_CALM"),
                row(
                        "6.4",
                        "reset",
                        after(begun, () -> H2.number(Http2.RST_STREAM, 1, Http2.CANCEL)),
                        "reset REMOTE http2.remote_reset"));
    }

    static Stream<Row> rows() {
        return Stream.of(fields(), pseudoHeaders(), bodies()).flatMap(rows -> rows);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void bytes_areAnsweredAsTheSectionSays(Row row) {
        assertThat(Conformance.answerTo(row, Integer.MAX_VALUE)).isEqualTo(row.expected());
    }

    /// The same bytes, a few at a time.
    @ParameterizedTest
    @MethodSource("rows")
    void bytesInPieces_areAnsweredTheSame(Row row) {
        assertThat(Conformance.answerTo(row, 7)).isEqualTo(row.expected());
    }
}
