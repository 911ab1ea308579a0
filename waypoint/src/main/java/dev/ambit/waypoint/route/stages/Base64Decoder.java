package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.stage.BadBody;
import dev.ambit.waypoint.stage.HttpStage.BodyTransform;
import dev.ambit.waypoint.stage.LocalReply;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// A request's body out of base64. Pieces that were encoded on their own may follow each other:
/// each group of four is looked at for itself.
final class Base64Decoder implements BodyTransform {
    private static final int GROUP = 4;

    private byte[] rest = {};

    @Override
    public ByteBuf onData(ByteBuf bytes) {
        try {
            int length = rest.length + bytes.readableBytes();
            var all = new byte[length];
            System.arraycopy(rest, 0, all, 0, rest.length);
            bytes.readBytes(all, rest.length, bytes.readableBytes());
            int whole = length / GROUP * GROUP;
            rest = Arrays.copyOfRange(all, whole, length);
            return decoded(all, whole);
        } finally {
            bytes.release();
        }
    }

    private static ByteBuf decoded(byte[] text, int length) {
        var out = Unpooled.buffer(length / GROUP * 3);
        int from = 0;
        while (from < length) {
            int to = from + GROUP;
            while (to < length && text[to - 1] != '=') {
                to += GROUP;
            }
            try {
                out.writeBytes(Base64.getDecoder().decode(Arrays.copyOfRange(text, from, to)));
            } catch (IllegalArgumentException e) {
                throw bad("grpc_base_64_decode_failed");
            }
            from = to;
        }
        return out;
    }

    @Override
    public @Nullable ByteBuf onEnd(Headers trailers) {
        if (rest.length > 0) {
            throw bad("grpc_base_64_decode_failed_bad_size");
        }
        return null;
    }

    private static BadBody bad(String details) {
        return new BadBody(
                LocalReply.of(400, "Bad gRPC-web request, invalid base64 data.", details));
    }
}
