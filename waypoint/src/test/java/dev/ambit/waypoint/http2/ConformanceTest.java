package dev.ambit.waypoint.http2;

import static dev.ambit.waypoint.http2.Conformance.OK;
import static dev.ambit.waypoint.http2.Conformance.after;
import static dev.ambit.waypoint.http2.Conformance.row;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http2.Conformance.Row;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// RFC 9113 sections 4 to 6 and 10: frames, streams, the connection.
class ConformanceTest {
    static Stream<Row> streams() {
        return Stream.of(
                row("5.1.1", "even stream", () -> H2.get(2), "GOAWAY 0 PROTOCOL_ERROR"),
                row("5.1.1", "stream 0", () -> H2.get(0), "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "5.1.1",
                        "lower than the last",
                        () -> H2.join(H2.get(5), H2.get(3)),
                        "HEADERS 5 end|GOAWAY 5 STREAM_CLOSED"),
                row(
                        "5.1",
                        "closed stream again",
                        () -> H2.join(H2.get(1), H2.get(1)),
                        OK + "|GOAWAY 1 STREAM_CLOSED"),
                row(
                        "5.1",
                        "RST_STREAM on idle",
                        () -> H2.number(Http2.RST_STREAM, 1, 8),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "6.4",
                        "RST_STREAM on 0",
                        () -> H2.number(Http2.RST_STREAM, 0, 8),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "6.4",
                        "RST_STREAM of 3 bytes",
                        () -> H2.frame(Http2.RST_STREAM, 0, 1, 0, 0, 8),
                        "GOAWAY 0 FRAME_SIZE_ERROR"),
                row(
                        "6.9",
                        "WINDOW_UPDATE of 0",
                        () -> H2.number(Http2.WINDOW_UPDATE, 0, 0),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "6.9",
                        "WINDOW_UPDATE of 0 for a stream",
                        () -> H2.join(H2.post(1), H2.number(Http2.WINDOW_UPDATE, 1, 0)),
                        "reset PROTOCOL_ERROR WINDOW_UPDATE: 0|RST 1 PROTOCOL_ERROR"),
                row(
                        "6.9.1",
                        "connection's window overflows",
                        () -> H2.number(Http2.WINDOW_UPDATE, 0, Integer.MAX_VALUE),
                        "GOAWAY 0 FLOW_CONTROL_ERROR"),
                row(
                        "6.9.1",
                        "stream's window overflows",
                        () ->
                                H2.join(
                                        H2.post(1),
                                        H2.number(Http2.WINDOW_UPDATE, 1, Integer.MAX_VALUE)),
                        "reset PROTOCOL_ERROR WINDOW_UPDATE: 2147483647"
                                + "|RST 1 FLOW_CONTROL_ERROR"),
                row(
                        "6.9",
                        "WINDOW_UPDATE on idle",
                        () -> H2.number(Http2.WINDOW_UPDATE, 1, 1),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "6.9",
                        "WINDOW_UPDATE of 3 bytes",
                        () -> H2.frame(Http2.WINDOW_UPDATE, 0, 0, 0, 0, 1),
                        "GOAWAY 0 FRAME_SIZE_ERROR"));
    }

    static Stream<Row> connections() {
        return Stream.of(
                row("6.7", "PING", () -> H2.frame(Http2.PING, 0, 0, new int[8]), "PING ack"),
                row("6.7", "PING ack", () -> H2.frame(Http2.PING, 1, 0, new int[8]), ""),
                row(
                        "6.7",
                        "PING of 7 bytes",
                        () -> H2.frame(Http2.PING, 0, 0, new int[7]),
                        "GOAWAY 0 FRAME_SIZE_ERROR"),
                row(
                        "6.7",
                        "PING on a stream",
                        () -> H2.frame(Http2.PING, 0, 1, new int[8]),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "6.5",
                        "SETTINGS on a stream",
                        () -> H2.frame(Http2.SETTINGS, 0, 1),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "6.5",
                        "SETTINGS of 5 bytes",
                        () -> H2.frame(Http2.SETTINGS, 0, 0, new int[5]),
                        "GOAWAY 0 FRAME_SIZE_ERROR"),
                row(
                        "6.5",
                        "SETTINGS ack with payload",
                        () -> H2.frame(Http2.SETTINGS, 1, 0, new int[6]),
                        "GOAWAY 0 FRAME_SIZE_ERROR"),
                row(
                        "6.5.2",
                        "ENABLE_PUSH 2",
                        () -> H2.setting(Http2.S_ENABLE_PUSH, 2),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "6.5.2",
                        "INITIAL_WINDOW_SIZE too large",
                        () -> H2.setting(Http2.S_INITIAL_WINDOW_SIZE, Integer.MIN_VALUE),
                        "GOAWAY 0 FLOW_CONTROL_ERROR"),
                row(
                        "6.5.2",
                        "MAX_FRAME_SIZE too small",
                        () -> H2.setting(Http2.S_MAX_FRAME_SIZE, 1),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row("6.5.2", "unknown setting", () -> H2.setting(0x99, 1), ""),
                row(
                        "6.3",
                        "PRIORITY",
                        () -> H2.join(H2.frame(Http2.PRIORITY, 0, 1, new int[5]), H2.get(1)),
                        OK),
                row(
                        "6.3",
                        "PRIORITY of 4 bytes",
                        () -> H2.frame(Http2.PRIORITY, 0, 1, new int[4]),
                        "GOAWAY 0 FRAME_SIZE_ERROR"),
                row(
                        "6.3",
                        "PRIORITY on stream 0",
                        () -> H2.frame(Http2.PRIORITY, 0, 0, new int[5]),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "6.6",
                        "PUSH_PROMISE",
                        () -> H2.frame(Http2.PUSH_PROMISE, 4, 1, 0, 0, 0, 2),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "6.8",
                        "GOAWAY of a client",
                        () -> H2.join(H2.frame(Http2.GOAWAY, 0, 0, new int[8]), H2.get(1)),
                        OK),
                row(
                        "6.8",
                        "GOAWAY on a stream",
                        () -> H2.frame(Http2.GOAWAY, 0, 1, new int[8]),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "5.5",
                        "unknown frame",
                        () -> H2.join(H2.frame(0x42, 0, 0, 1, 2), H2.get(1)),
                        OK));
    }

    static Stream<Row> blocks() {
        Supplier<ByteBuf> open = () -> H2.frame(Http2.HEADERS, 1, 1, H2.block(":method", "GET"));
        Supplier<ByteBuf> rest = () -> H2.block(":scheme", "http", ":path", "/", "host", "h");
        return Stream.of(
                row(
                        "6.10",
                        "in pieces",
                        after(open, () -> H2.frame(Http2.CONTINUATION, 4, 1, rest.get())),
                        OK),
                row(
                        "6.10",
                        "CONTINUATION of another stream",
                        after(open, () -> H2.frame(Http2.CONTINUATION, 4, 3, rest.get())),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "6.10",
                        "CONTINUATION alone",
                        () -> H2.frame(Http2.CONTINUATION, 4, 1, rest.get()),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "6.2",
                        "PING within",
                        after(open, () -> H2.frame(Http2.PING, 0, 0, new int[8])),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "5.5",
                        "unknown frame within",
                        after(open, () -> H2.frame(0x42, 0, 1)),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "10.5",
                        "empty CONTINUATIONs",
                        after(
                                open,
                                () ->
                                        H2.join(
                                                H2.frame(Http2.CONTINUATION, 0, 1),
                                                H2.frame(Http2.CONTINUATION, 0, 1))),
                        "GOAWAY 0 ENHANCE_YOUR_CALM"),
                row(
                        "10.5.1",
                        "endless CONTINUATIONs",
                        after(open, () -> repeat(6, ConformanceTest::fullContinuation)),
                        "GOAWAY 0 ENHANCE_YOUR_CALM"),
                row(
                        "10.5.1",
                        "fields over the limit",
                        () ->
                                H2.get(
                                        1,
                                        "a",
                                        "x".repeat(20_000),
                                        "b",
                                        "x".repeat(20_000),
                                        "c",
                                        "x".repeat(22_000)),
                        "rejected http2.header_list_size_too_large|RST 1 INTERNAL_ERROR"),
                row("10.5.1", "100 fields", () -> H2.get(1, many(96)), OK),
                row(
                        "10.5.1",
                        "101 fields",
                        () -> H2.get(1, many(97)),
                        "rejected http2.too_many_headers|RST 1 INTERNAL_ERROR"),
                row(
                        "6.2",
                        "padding longer than its frame",
                        () -> H2.frame(Http2.HEADERS, 0xd, 1, 255, 0x82),
                        "GOAWAY 0 PROTOCOL_ERROR"),
                row(
                        "4.3",
                        "index that nobody filled",
                        () -> H2.frame(Http2.HEADERS, 5, 1, 0xff, 0x80, 0x80, 0x80, 0),
                        "GOAWAY 0 COMPRESSION_ERROR"),
                row(
                        "4.3",
                        "table larger than allowed",
                        () -> H2.frame(Http2.HEADERS, 5, 1, 0x3f, 0xff, 0xff, 7),
                        "GOAWAY 0 COMPRESSION_ERROR"),
                row(
                        "4.3",
                        "string longer than its block",
                        () -> H2.frame(Http2.HEADERS, 5, 1, 0x40, 0x7f, 1, 'a'),
                        "GOAWAY 0 COMPRESSION_ERROR"));
    }

    static Stream<Row> rows() {
        return Stream.of(streams(), connections(), blocks()).flatMap(rows -> rows);
    }

    private static ByteBuf fullContinuation() {
        return H2.frame(Http2.CONTINUATION, 0, 1, Unpooled.buffer().writeZero(60_000));
    }

    private static ByteBuf repeat(int times, Supplier<ByteBuf> part) {
        var all = Unpooled.buffer();
        for (int i = 0; i < times; i++) {
            var one = part.get();
            all.writeBytes(one);
            one.release();
        }
        return all;
    }

    private static String[] many(int fields) {
        var all = new ArrayList<String>();
        for (int i = 0; i < fields; i++) {
            all.addAll(List.of("x" + i, "y"));
        }
        return all.toArray(String[]::new);
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
