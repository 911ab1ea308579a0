package dev.ambit.hbone;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.hbone.frames.Http2;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;

/// HPACK as strangers send it.
class HeaderBlocksTest implements HeaderBlocks.Sink {
    private static final int MOST = 4_096;

    private final List<Http2Headers> got = new ArrayList<>();
    private final List<String> malformed = new ArrayList<>();
    private final HeaderBlocks blocks = new HeaderBlocks(MOST, this);

    @Override
    public void onHeaders(int stream, Http2Headers headers, boolean endStream) {
        got.add(headers);
    }

    @Override
    public void refuseMalformed(int stream, String detail) {
        malformed.add(detail);
    }

    private void block(int flags, ByteBuf payload) throws Http2.ConnectionError {
        blocks.headers(flags, 1, payload, UnpooledByteBufAllocator.DEFAULT);
    }

    private static ByteBuf hex(String text) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(text));
    }

    @Test
    void blockInPieces_isPutTogether() throws Exception {
        var whole = encoded(connect());
        block(0, whole.readSlice(3));
        assertThat(blocks.isOpen()).isTrue();
        blocks.continuation(0, 1, whole.readSlice(2));
        blocks.continuation(Http2.END_HEADERS, 1, whole);

        assertThat(got).hasSize(1);
        assertThat(got.getFirst().authority()).hasToString("10.0.0.1:80");
        assertThat(blocks.isOpen()).isFalse();
    }

    /// An index that nobody filled, a string longer than the block, a table larger than allowed, an
    /// integer that never ends (RFC 7541 sections 2.3.3, 5.1, 5.2, 6.3).
    @Test
    void brokenCompression_isAnErrorOfTheConnection_namingItself() {
        for (var broken : List.of("ff8080808000", "007fff", "3fffffff07", "80")) {
            assertThatThrownBy(() -> block(Http2.END_HEADERS, hex(broken)))
                    .as(broken)
                    .isInstanceOfSatisfying(
                            Http2.ConnectionError.class,
                            error -> assertThat(error.code()).isEqualTo(Http2.COMPRESSION_ERROR))
                    .hasMessageContaining("header block: ");
        }
        assertThat(got).isEmpty();
    }

    @Test
    void listLargerThanItsBlock_costsTheStream_andTheNextIsRead() throws Exception {
        // One long value goes into the table; then it is named a hundred times, a byte each.
        var bomb = Unpooled.buffer();
        bomb.writeBytes(hex("4001617fe101")).writeBytes("b".repeat(352).getBytes(US_ASCII));
        for (int i = 0; i < 100; i++) {
            bomb.writeByte(0xbe);
        }
        block(Http2.END_HEADERS, bomb);
        assertThat(got).isEmpty();
        assertThat(malformed).hasSize(1);

        block(Http2.END_HEADERS, encoded(connect()));

        assertThat(got).hasSize(1);
    }

    private static Http2Headers connect() {
        return new DefaultHttp2Headers()
                .method("CONNECT")
                .authority("10.0.0.1:80")
                .add("baggage", "k8s.cluster.name=Kubernetes,k8s.pod.name=web")
                .add("forwarded", "for=\"10.0.0.9:1234\";host=web.shop");
    }

    private static ByteBuf encoded(Http2Headers headers) {
        var out = Unpooled.buffer();
        try (var encoder = new DefaultHttp2HeadersEncoder()) {
            encoder.encodeHeaders(1, headers, out);
        } catch (Http2Exception tooLarge) {
            throw new AssertionError(tooLarge);
        }
        return out;
    }

    /// Noise, and blocks that are right but for a few bytes, on one connection after another: read,
    /// refused, or the end of the connection; never anything else.
    @Tag("fuzz")
    @Property(tries = 2_000)
    void anyBlock_isReadOrRefused(@ForAll long seed) {
        var random = new Random(seed);
        var fresh = new HeaderBlocksTest();
        try {
            for (int i = 0; i < 8; i++) {
                fresh.feed(random, random.nextBoolean() ? noise(random) : damaged(random));
            }
        } catch (Http2.ConnectionError error) {
            assertThat(error.getMessage()).isNotEmpty();
        } finally {
            fresh.blocks.close();
        }
    }

    private void feed(Random random, ByteBuf block) throws Http2.ConnectionError {
        if (random.nextInt(4) > 0) {
            block(Http2.END_HEADERS | (random.nextInt(8) == 0 ? Http2.PADDED : 0), block);
            return;
        }
        block(0, block.readSlice(random.nextInt(block.readableBytes() + 1)));
        blocks.continuation(Http2.END_HEADERS, 1, block);
    }

    private static ByteBuf noise(Random random) {
        var bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        return Unpooled.wrappedBuffer(bytes);
    }

    private static ByteBuf damaged(Random random) {
        var block = encoded(connect());
        for (int i = random.nextInt(4); i > 0; i--) {
            block.setByte(random.nextInt(block.readableBytes()), random.nextInt(256));
        }
        return block;
    }
}
