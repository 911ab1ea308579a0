package dev.ambit.hbone.frames;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/// Puts a HEADERS frame and its CONTINUATIONs together (RFC 9113 section 4.3). Most blocks are one
/// frame, and are handed on as they lie in it.
public final class BlockGatherer {
    public interface Sink {
        /// A whole block; `block` is lent.
        void onBlock(int stream, ByteBuf block, boolean endStream) throws Http2.ConnectionError;
    }

    private final int maxBytes;
    private final Sink sink;
    private @Nullable ByteBuf open;
    private int openStream;
    private int openFlags;

    /// @param maxBytes of a block, compressed
    public BlockGatherer(int maxBytes, Sink sink) {
        this.maxBytes = maxBytes;
        this.sink = sink;
    }

    /// Whether only a CONTINUATION may come next.
    public boolean isOpen() {
        return open != null;
    }

    public void headers(int flags, int id, ByteBuf payload, ByteBufAllocator allocator)
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
            sink.onBlock(id, block, (flags & Http2.END_STREAM) != 0);
            return;
        }
        openStream = id;
        openFlags = flags;
        open = allocator.buffer(block.readableBytes()).writeBytes(block);
    }

    public void continuation(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
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
                sink.onBlock(id, block, (openFlags & Http2.END_STREAM) != 0);
            } finally {
                block.release();
            }
        }
    }

    public void close() {
        if (open != null) {
            open.release();
            open = null;
        }
    }
}
