package dev.ambit.hbone;

import dev.ambit.hbone.frames.Http2;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.List;

/// HTTP/2 frames written by hand, and read back from what a connection sent.
final class Frames {
    private Frames() {}

    /// @param code of RST_STREAM and GOAWAY, else -1
    /// @param payload its length
    record Frame(int type, int flags, int stream, int code, int payload) {
        boolean is(int wanted) {
            return type == wanted;
        }
    }

    static ByteBuf frame(int type, int flags, int stream, int... payload) {
        var bytes = Unpooled.buffer(payload.length);
        for (int b : payload) {
            bytes.writeByte(b);
        }
        return frame(type, flags, stream, bytes);
    }

    static ByteBuf frame(int type, int flags, int stream, ByteBuf payload) {
        var frame = Unpooled.buffer();
        Http2.frameHeader(frame, payload.readableBytes(), type, flags, stream);
        frame.writeBytes(payload);
        payload.release();
        return frame;
    }

    static ByteBuf headers(
            DefaultHttp2HeadersEncoder encoder, int stream, Http2Headers headers, int flags) {
        var block = Unpooled.buffer();
        try {
            encoder.encodeHeaders(stream, headers, block);
        } catch (Http2Exception tooLarge) {
            throw new AssertionError(tooLarge);
        }
        return frame(Http2.HEADERS, flags, stream, block);
    }

    /// What the connection in `channel` has sent since the last time, its preface skipped.
    static List<Frame> sentBy(EmbeddedChannel channel) {
        var all = Unpooled.buffer();
        ByteBuf out;
        while ((out = channel.readOutbound()) != null) {
            all.writeBytes(out);
            out.release();
        }
        return parse(all);
    }

    /// Releases `all`, which must end with a frame.
    static List<Frame> parse(ByteBuf all) {
        var frames = new ArrayList<Frame>();
        var preface = Http2.preface();
        if (all.readableBytes() >= preface.readableBytes()
                && all.slice(0, preface.readableBytes()).equals(preface)) {
            all.skipBytes(preface.readableBytes());
        }
        while (all.isReadable()) {
            int length = all.readUnsignedMedium();
            int type = all.readUnsignedByte();
            int flags = all.readUnsignedByte();
            int stream = all.readInt();
            int code =
                    switch (type) {
                        case Http2.RST_STREAM -> all.getInt(all.readerIndex());
                        case Http2.GOAWAY -> all.getInt(all.readerIndex() + 4);
                        default -> -1;
                    };
            all.skipBytes(length);
            frames.add(new Frame(type, flags, stream, code, length));
        }
        all.release();
        return frames;
    }
}
