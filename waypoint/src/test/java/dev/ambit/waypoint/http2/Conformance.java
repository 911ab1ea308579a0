package dev.ambit.waypoint.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.function.Supplier;

/// Bytes in, frames out, as a server that answers every request it gets with a 200. Requests that
/// are rejected are told by Envoy's words.
final class Conformance {
    static final String OK = "HEADERS 1 end";
    static final String HEADER = "rejected http2.invalid.header.field|RST 1 PROTOCOL_ERROR";
    static final String MESSAGE = "rejected http2.violation.of.messaging.rule|RST 1 PROTOCOL_ERROR";

    private Conformance() {}

    /// @param section of RFC 9113
    /// @param expected what is told and sent, joined by `|`
    record Row(String section, String name, Supplier<ByteBuf> in, String expected) {
        @Override
        public String toString() {
            return section + " " + name;
        }
    }

    static Row row(String section, String name, Supplier<ByteBuf> in, String expected) {
        return new Row(section, name, in, expected);
    }

    static Supplier<ByteBuf> after(Supplier<ByteBuf> first, Supplier<ByteBuf> second) {
        return () -> H2.join(first.get(), second.get());
    }

    static String answerTo(Row row, int most) {
        var server = new TestServer(Http2Options.defaults());
        server.open();
        var in = row.in.get();
        while (in.isReadable()) {
            server.duplex.receive(in.readBytes(Math.min(most, in.readableBytes())));
        }
        in.release();
        var told = new ArrayList<>(server.told);
        told.addAll(server.sent());
        assertThat(server.duplex.outstanding).isZero();
        server.close();
        return String.join("|", told)
                .replaceAll("reset PROTOCOL_ERROR (?!http2|WINDOW)[^|]*", "reset PROTOCOL_ERROR");
    }
}
