package dev.ambit.waypoint.route.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.stage.BadBody;
import dev.ambit.waypoint.stage.HttpStage.BodyTransform;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

class GrpcWebBodyTest {
    private static byte[] frame(int flag, byte[] message) {
        return ByteBuffer.allocate(5 + message.length)
                .put((byte) flag)
                .putInt(message.length)
                .put(message)
                .array();
    }

    private static byte[] taken(@Nullable ByteBuf bytes) {
        if (bytes == null) {
            return new byte[0];
        }
        try {
            return ByteBufUtil.getBytes(bytes);
        } finally {
            bytes.release();
        }
    }

    private static byte[] through(
            BodyTransform transform, byte[] bytes, List<Integer> pieces, Headers trailers) {
        var out = new ByteArrayOutputStream();
        int at = 0;
        for (int piece = 0; at < bytes.length; piece++) {
            int size = pieces.isEmpty() ? bytes.length : pieces.get(piece % pieces.size());
            int to = Math.min(bytes.length, at + size);
            out.writeBytes(taken(transform.onData(Unpooled.copiedBuffer(bytes, at, to - at))));
            at = to;
        }
        out.writeBytes(taken(transform.onEnd(trailers)));
        return out.toByteArray();
    }

    @Property(tries = 500)
    @Tag("fuzz")
    void text_anyMessagesInAnyPieces_comeBackWhole(
            @ForAll @Size(max = 4) List<byte[]> messages,
            @ForAll List<@IntRange(min = 1, max = 9) Integer> pieces) {
        var plain = new ByteArrayOutputStream();
        var expected = new StringBuilder();
        for (var message : messages) {
            var frame = frame(0, message);
            plain.writeBytes(frame);
            expected.append(Base64.getEncoder().encodeToString(frame));
        }
        var trailers = new Headers().add("grpc-status", "0");
        expected.append(
                Base64.getEncoder()
                        .encodeToString(
                                frame(
                                        0x80,
                                        "grpc-status:0\r\n".getBytes(StandardCharsets.US_ASCII))));
        var text = through(new GrpcWebBody(true), plain.toByteArray(), pieces, trailers);
        assertThat(new String(text, StandardCharsets.US_ASCII)).hasToString(expected.toString());
        assertThat(trailers.isEmpty()).isTrue();
        var back = through(new Base64Decoder(), text, pieces, new Headers());
        plain.writeBytes(frame(0x80, "grpc-status:0\r\n".getBytes(StandardCharsets.US_ASCII)));
        assertThat(back).isEqualTo(plain.toByteArray());
    }

    @Property(tries = 1000)
    @Tag("fuzz")
    void text_anyBytesOfStrangers_areDecodedOrRefused(
            @ForAll byte[] bytes, @ForAll List<@IntRange(min = 1, max = 9) Integer> pieces) {
        assertThatCode(() -> through(new Base64Decoder(), bytes, pieces, new Headers()))
                .satisfiesAnyOf(
                        thrown -> assertThat(thrown).isNull(),
                        thrown -> assertThat(thrown).isInstanceOf(BadBody.class));
    }

    @Property(tries = 500)
    @Tag("fuzz")
    void text_answerThatIsNoGrpc_isStillBase64(
            @ForAll byte[] bytes, @ForAll List<@IntRange(min = 1, max = 9) Integer> pieces) {
        var text = through(new GrpcWebBody(true), bytes, pieces, new Headers());
        assertThat(through(new Base64Decoder(), text, List.of(), new Headers())).isEqualTo(bytes);
    }
}
