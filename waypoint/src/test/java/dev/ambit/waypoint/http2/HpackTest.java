package dev.ambit.waypoint.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// HPACK against RFC 7541's own examples, and against Netty's.
class HpackTest {
    private static List<String> decoded(HpackDecoder decoder, ByteBuf block) throws Exception {
        var fields = new ArrayList<String>();
        decoder.decode(block, (name, value, _) -> fields.add(name + ": " + value));
        return fields;
    }

    private static ByteBuf hex(String text) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(text));
    }

    /// RFC 7541 appendix C.4 and C.6: compressed, three blocks on one table.
    @Test
    void examplesOfTheRfc_areDecoded() throws Exception {
        var requests = new HpackDecoder(4096);
        var first = List.of(":method: GET", ":scheme: http", ":path: /");
        assertThat(decoded(requests, hex("828684418cf1e3c2e5f23a6ba0ab90f4ff")))
                .containsAll(first)
                .endsWith(":authority: www.example.com");
        assertThat(decoded(requests, hex("828684be5886a8eb10649cbf")))
                .endsWith(":authority: www.example.com", "cache-control: no-cache");
        assertThat(decoded(requests, hex("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")))
                .containsExactly(
                        ":method: GET",
                        ":scheme: https",
                        ":path: /index.html",
                        ":authority: www.example.com",
                        "custom-key: custom-value");
        // 256 octets of table: entries are evicted between the blocks.
        var responses = new HpackDecoder(256);
        decoded(
                responses,
                hex(
                        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff"
                                + "6e919d29ad171863c78f0b97c8e9ae82ae43d3"));
        assertThat(decoded(responses, hex("4883640effc1c0bf")))
                .containsExactly(
                        ":status: 307",
                        "cache-control: private",
                        "date: Mon, 21 Oct 2013 20:13:21 GMT",
                        "location: https://www.example.com");
    }

    @ParameterizedTest
    @CsvSource({
        "ff8080808000, integer over 28 bits",
        "ff00, index 127",
        "80, index 0",
        "00, string missing",
        "00057f, string of 5",
        "3fe21f, table of",
        "8220, table size update after a field",
        "0081ff, compressed string",
        "008400ffffff00, compressed string",
        "40ffffffffff0f, integer over 28 bits",
        "ffff, integer cut off"
    })
    void brokenBlock_isACompressionError_namingItself(String block, String cause) {
        assertThatThrownBy(() -> decoded(new HpackDecoder(4096), hex(block)))
                .isInstanceOfSatisfying(
                        Http2.ConnectionError.class,
                        error -> assertThat(error.code()).isEqualTo(Http2.COMPRESSION_ERROR))
                .hasMessageContaining(cause);
    }

    @Test
    void faultsOfAField_areToldAgainWhenTheTableTellsIt() throws Exception {
        var decoder = new HpackDecoder(4096);
        var faults = new ArrayList<Integer>();
        decoder.decode(hex("4001410161" + "400161010a" + "be" + "bf"), (_, _, f) -> faults.add(f));

        assertThat(faults)
                .containsExactly(
                        HpackDecoder.BAD_NAME,
                        HpackDecoder.BAD_VALUE,
                        HpackDecoder.BAD_VALUE,
                        HpackDecoder.BAD_NAME);
    }

    private static ByteBuf encoded(HpackEncoder encoder, Headers headers) {
        var out = Unpooled.buffer();
        encoder.begin(out);
        encoder.fields(out, headers);
        return out;
    }

    @Test
    void valuesThatComeAgain_takeAByte_othersStayOutOfTheTable() {
        var encoder = new HpackEncoder();
        var head = new Headers().add("x-env", "prod").add("x-request-id", "1").add("te", "gzip");
        head.add("connection", "close").add("accept", "*/*");
        var first = encoded(encoder, head);
        var second = encoded(encoder, head);

        assertThat(second.readableBytes()).isEqualTo(2 + 2 + 12 + 2);
        assertThat(first.readableBytes()).isGreaterThan(second.readableBytes());
    }

    @Test
    void secrets_areNeverIndexed() {
        var block = encoded(new HpackEncoder(), new Headers().add("authorization", "x"));

        assertThat(ByteBufUtil.hexDump(block)).startsWith("1f08");
    }

    @Test
    void peersSmallerTable_isAnnouncedAndKeptTo() throws Exception {
        var encoder = new HpackEncoder();
        var head = new Headers().add("x-env", "prod");
        encoded(encoder, head);
        encoder.limit(0);
        encoder.limit(100);
        var decoder = new HpackDecoder(4096);
        var block = encoded(encoder, head);

        assertThat(ByteBufUtil.hexDump(block)).startsWith("203f45");
        assertThat(decoded(decoder, block)).containsExactly("x-env: prod");
    }

    /// Random heads through both, with tables that shrink and grow.
    @Tag("fuzz")
    @Property(tries = 100)
    void heads_comeThroughOursAndNettys(@ForAll long seed) throws Exception {
        var random = new Random(seed);
        var ours = new HpackDecoder(4096);
        var encoder = new HpackEncoder();
        var nettys = new DefaultHttp2HeadersDecoder(false, 1 << 20);
        try (var nettysEncoder =
                new DefaultHttp2HeadersEncoder(
                        Http2HeadersEncoder.NEVER_SENSITIVE, false, 16, random.nextInt(40))) {
            for (int block = 0; block < 20; block++) {
                var head = randomHead(random);
                var expected = new ArrayList<String>();
                var forNetty = new DefaultHttp2Headers(false);
                head.forEach((name, value) -> {
                    expected.add(name + ": " + value);
                    forNetty.add(name, value);
                });
                var theirs = Unpooled.buffer();
                nettysEncoder.encodeHeaders(1, forNetty, theirs);
                assertThat(decoded(ours, theirs)).containsExactlyInAnyOrderElementsOf(expected);

                if (random.nextInt(8) == 0) {
                    encoder.limit(random.nextInt(5000));
                }
                var read = new ArrayList<String>();
                nettys.decodeHeaders(1, encoded(encoder, head))
                        .forEach(field -> read.add(field.getKey() + ": " + field.getValue()));
                assertThat(read).containsExactlyInAnyOrderElementsOf(expected);
            }
        }
    }

    private static Headers randomHead(Random random) {
        var names = List.of("accept", "x-a", "x-request-id", "cookie", "server", "date", "x-b-c");
        var head = new Headers();
        for (int i = random.nextInt(10); i > 0; i--) {
            int length = random.nextInt(8) == 0 ? random.nextInt(1500) : random.nextInt(4);
            var value = new StringBuilder();
            for (int at = 0; at < length; at++) {
                char c = (char) (0x21 + random.nextInt(0xdf));
                value.append(c == 0x7f ? 'x' : c);
            }
            head.add(names.get(random.nextInt(names.size())), value.toString());
        }
        return head;
    }

    /// Whatever comes: decoded, or a compression error.
    @Tag("fuzz")
    @Property(tries = 2_000)
    void anyBlock_isDecodedOrRefused(@ForAll long seed) {
        var random = new Random(seed);
        var decoder = new HpackDecoder(random.nextInt(600));
        try {
            for (int i = 0; i < 8; i++) {
                var bytes = new byte[random.nextInt(120)];
                random.nextBytes(bytes);
                decoded(decoder, Unpooled.wrappedBuffer(bytes));
            }
        } catch (Http2.ConnectionError error) {
            assertThat(error.code()).isEqualTo(Http2.COMPRESSION_ERROR);
        } catch (Exception other) {
            throw new AssertionError(other);
        }
    }
}
