package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.stage.HttpStage.BodyTransform;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.base64.Base64;
import io.netty.handler.codec.base64.Base64Dialect;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A response's body with its trailers behind it, in base64 where that is asked for: each message
/// padded for itself, so that none waits for the next, and none is collected.
final class GrpcWebBody implements BodyTransform {
    /// The flag of a frame that has trailers.
    private static final int TRAILERS = 0x80;

    /// Of a message: a flag and its length.
    private static final int PREFIX = 5;

    private static final int GROUP = 3;

    private final boolean text;

    /// Bytes of the current message's prefix so far.
    private int prefix;

    /// Bytes of the current message that are still to come, once its prefix is there.
    private long left;

    /// Of the current message, less than a group, not encoded yet.
    private ByteBuf rest = Unpooled.EMPTY_BUFFER;

    GrpcWebBody(boolean text) {
        this.text = text;
    }

    @Override
    public ByteBuf onData(ByteBuf bytes) {
        if (!text) {
            return bytes;
        }
        var out = ByteBufAllocator.DEFAULT.buffer(bytes.readableBytes() * 4 / GROUP + 8);
        try {
            while (bytes.isReadable()) {
                int end = endOfMessage(bytes);
                boolean whole = prefix == PREFIX && left == 0;
                encode(bytes.readRetainedSlice(end - bytes.readerIndex()), whole, out);
                if (whole) {
                    prefix = 0;
                }
            }
            return out;
        } finally {
            bytes.release();
        }
    }

    /// Where the current message ends in these bytes, or these bytes end.
    private int endOfMessage(ByteBuf bytes) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (prefix < PREFIX && at < end) {
            int octet = bytes.getUnsignedByte(at++);
            left = prefix == 0 ? 0 : left << 8 | octet;
            prefix++;
        }
        if (prefix == PREFIX) {
            int taken = (int) Math.min(left, end - at);
            left -= taken;
            at += taken;
        }
        return at;
    }

    @Override
    public @Nullable ByteBuf onEnd(Headers trailers) {
        if (trailers.isEmpty() && !rest.isReadable()) {
            return null;
        }
        var frame = trailers.isEmpty() ? Unpooled.EMPTY_BUFFER : frame(trailers);
        while (!trailers.isEmpty()) {
            trailers.remove(trailers.name(0));
        }
        if (!text) {
            return frame;
        }
        var out = ByteBufAllocator.DEFAULT.buffer();
        if (rest.isReadable()) {
            encode(Unpooled.EMPTY_BUFFER, true, out);
        }
        encode(frame, true, out);
        return out;
    }

    private static ByteBuf frame(Headers trailers) {
        var lines = new StringBuilder();
        trailers.forEach(
                (name, value) -> lines.append(name).append(':').append(value).append("\r\n"));
        var body = lines.toString().getBytes(StandardCharsets.ISO_8859_1);
        return Unpooled.buffer(PREFIX + body.length)
                .writeByte(TRAILERS)
                .writeInt(body.length)
                .writeBytes(body);
    }

    /// @param bytes ownership passes
    /// @param last whether the message ends with them
    private void encode(ByteBuf bytes, boolean last, ByteBuf out) {
        var all = rest.isReadable() ? Unpooled.wrappedBuffer(rest, bytes) : bytes;
        int whole = last ? all.readableBytes() : all.readableBytes() / GROUP * GROUP;
        if (whole > 0) {
            var encoded =
                    Base64.encode(all, all.readerIndex(), whole, false, Base64Dialect.STANDARD);
            out.writeBytes(encoded);
            encoded.release();
        }
        all.skipBytes(whole);
        rest = all.isReadable() ? Unpooled.copiedBuffer(all) : Unpooled.EMPTY_BUFFER;
        all.release();
    }
}
