package dev.ambit.hbone;

import static dev.ambit.hbone.frames.Http2.FRAME_HEADER;

import dev.ambit.hbone.frames.Http2;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.function.Consumer;

/// Header blocks of one connection's output, as HEADERS and CONTINUATION frames.
final class HeaderWriter {
    private static final int USUAL_BYTES = 256;

    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();

    /// @param most payload bytes that the peer accepts in a frame
    /// @param out takes the frames' bytes, in order
    void write(
            int id,
            Http2Headers headers,
            boolean endStream,
            int most,
            ByteBufAllocator allocator,
            Consumer<ByteBuf> out) {
        var frame = allocator.directBuffer(USUAL_BYTES);
        frame.writeZero(FRAME_HEADER);
        try {
            encoder.encodeHeaders(id, headers, frame);
        } catch (Http2Exception tooLarge) {
            frame.release();
            throw new IllegalStateException("own header block: " + tooLarge.getMessage());
        }
        int length = frame.readableBytes() - FRAME_HEADER;
        int first = Math.min(length, most);
        boolean whole = first == length;
        int flags = (endStream ? Http2.END_STREAM : 0) | (whole ? Http2.END_HEADERS : 0);
        frame.setMedium(0, first);
        frame.setByte(3, Http2.HEADERS);
        frame.setByte(4, flags);
        frame.setInt(5, id);
        if (whole) {
            out.accept(frame);
            return;
        }
        out.accept(frame.readRetainedSlice(FRAME_HEADER + first));
        while (frame.isReadable()) {
            int next = Math.min(frame.readableBytes(), most);
            var header = allocator.directBuffer(FRAME_HEADER);
            int last = next == frame.readableBytes() ? Http2.END_HEADERS : 0;
            Http2.frameHeader(header, next, Http2.CONTINUATION, last, id);
            out.accept(header);
            out.accept(frame.readRetainedSlice(next));
        }
        frame.release();
    }

    void close() {
        encoder.close();
    }
}
