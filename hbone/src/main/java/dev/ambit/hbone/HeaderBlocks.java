package dev.ambit.hbone;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/// Header blocks of one connection's input: a HEADERS frame and its CONTINUATIONs, put together and
/// decoded (RFC 9113 section 4.3).
final class HeaderBlocks {
    interface Sink {
        void onHeaders(int stream, Http2Headers headers, boolean endStream)
                throws Http2.ConnectionError;

        /// The compression state is intact, so only this stream suffers.
        void refuseMalformed(int stream, String detail) throws Http2.ConnectionError;
    }

    private final int maxBytes;
    private final DefaultHttp2HeadersDecoder decoder;
    private final Sink sink;
    private @Nullable ByteBuf open;
    private int openStream;
    private int openFlags;

    HeaderBlocks(int maxBytes, Sink sink) {
        this.maxBytes = maxBytes;
        this.decoder = new DefaultHttp2HeadersDecoder(true, maxBytes);
        this.sink = sink;
    }

    /// Whether only a CONTINUATION may come next.
    boolean isOpen() {
        return open != null;
    }

    void headers(int flags, int id, ByteBuf payload, ByteBufAllocator allocator)
            throws Http2.ConnectionError {
        if (id == 0) {
            throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "HEADERS on stream 0");
        }
        int pad = 0;
        if ((flags & Http2.PADDED) != 0) {
            pad = payload.isReadable() ? payload.readUnsignedByte() : Integer.MAX_VALUE;
        }
        int skip = (flags & Http2.WITH_PRIORITY) != 0 ? 5 : 0;
        if (payload.readableBytes() < skip || payload.readableBytes() - skip < pad) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, "HEADERS: padding or priority longer than the frame");
        }
        payload.skipBytes(skip);
        var block = payload.slice(payload.readerIndex(), payload.readableBytes() - pad);
        if ((flags & Http2.END_HEADERS) != 0) {
            decode(id, block, (flags & Http2.END_STREAM) != 0);
            return;
        }
        openStream = id;
        openFlags = flags;
        open = allocator.buffer(block.readableBytes()).writeBytes(block);
    }

    void continuation(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        var block = open;
        if (block == null || id != openStream) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, "CONTINUATION on stream " + id + " without HEADERS");
        }
        if (block.readableBytes() + payload.readableBytes() > maxBytes) {
            throw new Http2.ConnectionError(
                    Http2.ENHANCE_YOUR_CALM, "header block over " + maxBytes + " bytes");
        }
        block.writeBytes(payload);
        if ((flags & Http2.END_HEADERS) != 0) {
            open = null;
            try {
                decode(id, block, (openFlags & Http2.END_STREAM) != 0);
            } finally {
                block.release();
            }
        }
    }

    private void decode(int id, ByteBuf block, boolean endStream) throws Http2.ConnectionError {
        Http2Headers headers;
        try {
            headers = decoder.decodeHeaders(id, block);
        } catch (Http2Exception malformed) {
            if (malformed instanceof Http2Exception.StreamException) {
                sink.refuseMalformed(id, String.valueOf(malformed.getMessage()));
                return;
            }
            throw new Http2.ConnectionError(
                    Http2.COMPRESSION_ERROR, "header block: " + malformed.getMessage());
        }
        sink.onHeaders(id, headers, endStream);
    }

    void close() {
        if (open != null) {
            open.release();
            open = null;
        }
    }
}
