package dev.ambit.hbone;

import dev.ambit.hbone.frames.BlockGatherer;
import dev.ambit.hbone.frames.Http2;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;

/// Header blocks of one connection's input, decoded.
final class HeaderBlocks implements BlockGatherer.Sink {
    interface Sink {
        void onHeaders(int stream, Http2Headers headers, boolean endStream)
                throws Http2.ConnectionError;

        /// The compression state is intact, so only this stream suffers.
        void refuseMalformed(int stream, String detail) throws Http2.ConnectionError;
    }

    private final BlockGatherer gatherer;
    private final DefaultHttp2HeadersDecoder decoder;
    private final Sink sink;

    HeaderBlocks(int maxBytes, Sink sink) {
        this.gatherer = new BlockGatherer(maxBytes, this);
        this.decoder = new DefaultHttp2HeadersDecoder(true, maxBytes);
        this.sink = sink;
    }

    /// Whether only a CONTINUATION may come next.
    boolean isOpen() {
        return gatherer.isOpen();
    }

    void headers(int flags, int id, ByteBuf payload, ByteBufAllocator allocator)
            throws Http2.ConnectionError {
        gatherer.headers(flags, id, payload, allocator);
    }

    void continuation(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        gatherer.continuation(flags, id, payload);
    }

    @Override
    public void onBlock(int id, ByteBuf block, boolean endStream) throws Http2.ConnectionError {
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
        gatherer.close();
    }
}
