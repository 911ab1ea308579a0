package dev.ambit.waypoint.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.ProtocolSniffer.Decision;
import dev.ambit.waypoint.http.ProtocolSniffer.H2c;
import dev.ambit.waypoint.http.ProtocolSniffer.Http1;
import dev.ambit.waypoint.http.ProtocolSniffer.Http10;
import dev.ambit.waypoint.http.ProtocolSniffer.NeedMore;
import dev.ambit.waypoint.http.ProtocolSniffer.Other;
import dev.ambit.waypoint.http.ProtocolSniffer.Refused;
import dev.ambit.waypoint.http.ProtocolSniffer.Tls;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The table says what a real Envoy makes of the same bytes.
class ProtocolSnifferTest {
    record Row(String shown, byte[] bytes, String envoy) {
        @Override
        public String toString() {
            return shown;
        }
    }

    static Stream<Row> rows() {
        return Table.rows("/http/first-bytes.tsv").stream()
                .map(cells ->
                        new Row(
                                cells[0],
                                Table.unescape(cells[0]).getBytes(StandardCharsets.ISO_8859_1),
                                cells[1]));
    }

    private static String text(Decision decision) {
        return switch (decision) {
            case Http1 _ -> "HTTP1";
            case Http10 _ -> "HTTP1_0";
            case H2c _ -> "H2C";
            case Tls tls -> "TLS " + tls.sni() + " " + String.join(",", tls.alpn());
            case Other _ -> "NOT_HTTP";
            case NeedMore _ -> "NEED_MORE";
            case Refused _ -> "CLOSED";
        };
    }

    private static Decision look(byte[] bytes) {
        return new ProtocolSniffer(true, true).look(Unpooled.wrappedBuffer(bytes));
    }

    /// Where Envoy waits for a line's end, ours may know already that there is no HTTP; and what
    /// Envoy resets because TLS makes nothing of it, is just another protocol.
    @ParameterizedTest
    @MethodSource("rows")
    void firstBytes_areWhatEnvoyTakesThemFor(Row row) {
        var ours = text(look(row.bytes));
        boolean alert = row.envoy.equals("CLOSED") && row.bytes[0] == 0x15;

        if ((row.envoy.equals("NEED_MORE") || alert) && ours.equals("NOT_HTTP")) {
            var longer = Arrays.copyOf(row.bytes, row.bytes.length + 20);
            System.arraycopy(
                    "GET / HTTP/1.1\r\n\r\n  ".getBytes(StandardCharsets.US_ASCII),
                    0,
                    longer,
                    row.bytes.length,
                    20);
            assertThat(text(look(longer))).isEqualTo("NOT_HTTP");
        } else {
            assertThat(ours).isEqualTo(row.envoy);
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void firstBytes_inPieces_areTakenForTheSame(Row row) {
        var random = new Random(row.bytes.length);
        var whole = look(row.bytes);
        var sniffer = new ProtocolSniffer(true, true);
        Decision decision = new NeedMore();
        for (int length = 1; decision instanceof NeedMore && length <= row.bytes.length; ) {
            decision = sniffer.look(Unpooled.wrappedBuffer(row.bytes, 0, length));
            length = Math.max(length + 1, Math.min(row.bytes.length, length + random.nextInt(9)));
        }
        if (decision instanceof NeedMore) {
            decision = sniffer.look(Unpooled.wrappedBuffer(row.bytes));
        }

        assertThat(text(decision)).isEqualTo(text(whole));
    }

    private static byte[] hello(String name, String... alpn) throws Exception {
        var engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        var parameters = engine.getSSLParameters();
        if (!name.isEmpty()) {
            parameters.setServerNames(List.of(new SNIHostName(name)));
        }
        parameters.setApplicationProtocols(alpn);
        engine.setSSLParameters(parameters);
        var out = ByteBuffer.allocate(32 << 10);
        engine.beginHandshake();
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    @Test
    void clientHello_tellsNameAndProtocols() throws Exception {
        assertThat(look(hello("a.example", "h2", "http/1.1")))
                .isEqualTo(new Tls("a.example", List.of("h2", "http/1.1")));
        assertThat(look(hello(""))).isEqualTo(new Tls("", List.of()));
    }

    @Test
    void clientHello_inPieces_isWaitedFor() throws Exception {
        var hello = hello("a.example", "h2");
        var sniffer = new ProtocolSniffer(true, true);
        for (int length = 1; length < hello.length; length++) {
            assertThat(sniffer.look(Unpooled.wrappedBuffer(hello, 0, length)))
                    .isInstanceOf(NeedMore.class);
        }

        assertThat(sniffer.look(Unpooled.wrappedBuffer(hello))).isInstanceOf(Tls.class);
    }

    @ParameterizedTest
    @CsvSource({"1000", "100", "5"})
    void clientHello_inSeveralRecords_isReadTogether(int size) throws Exception {
        var hello = hello("a.example", "h2");
        var out = new ByteArrayOutputStream();
        for (int at = 5; at < hello.length; at += size) {
            int length = Math.min(size, hello.length - at);
            out.write(new byte[] {22, 3, 1, (byte) (length >> 8), (byte) length});
            out.write(hello, at, length);
        }

        assertThat(look(out.toByteArray())).isEqualTo(new Tls("a.example", List.of("h2")));
    }

    @Test
    void inspectors_switchedOff_findNothing() throws Exception {
        var http = Unpooled.wrappedBuffer("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
        var tls = Unpooled.wrappedBuffer(hello("a.example"));

        assertThat(new ProtocolSniffer(false, true).look(http)).isEqualTo(new Other());
        assertThat(new ProtocolSniffer(true, false).look(tls)).isEqualTo(new Other());
    }

    @Property(tries = 2000)
    @Tag("fuzz")
    void clientHello_mutated_neverThrows(@ForAll long seed) throws Exception {
        var random = new Random(seed);
        var hello = hello("a.example", "h2");
        for (int i = 0; i < 1 + random.nextInt(4); i++) {
            hello[random.nextInt(hello.length)] = (byte) random.nextInt(256);
        }
        int length = 1 + random.nextInt(hello.length);
        var decisions = new ArrayList<String>();
        decisions.add(text(look(Arrays.copyOf(hello, length))));
        decisions.add(text(look(hello)));

        assertThat(decisions).doesNotContain("HTTP1", "H2C");
    }
}
