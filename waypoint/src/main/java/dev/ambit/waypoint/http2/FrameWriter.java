package dev.ambit.waypoint.http2;

import static dev.ambit.hbone.frames.Http2.FRAME_HEADER;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/// Frames of one connection on their way out. What is short is gathered in one buffer per burst,
/// with head room for the frame of a tunnel below; pieces of body that are not short are passed on
/// as they are.
final class FrameWriter {
    private static final int BATCH = 2_048;
    private static final int MOST_BATCH = 16_384;

    private final Duplex duplex;
    private final int copiedBytes;
    private final HpackEncoder hpack = new HpackEncoder();
    private final OutboundFrames outbound = new OutboundFrames();
    private @Nullable ByteBuf batch;
    private int untaken;
    private boolean unflushed;
    private boolean closed;

    FrameWriter(Duplex duplex, int copiedBytes) {
        this.duplex = duplex;
        this.copiedBytes = copiedBytes;
    }

    HpackEncoder hpack() {
        return hpack;
    }

    OutboundFrames outbound() {
        return outbound;
    }

    /// Bytes written and not taken by what is below.
    int untaken() {
        return untaken;
    }

    boolean hasUnflushed() {
        return unflushed;
    }

    void taken(int bytes) {
        untaken -= bytes;
        outbound.taken(bytes);
    }

    void flush() {
        unflushed = false;
        pass();
        duplex.flush();
    }

    private void pass() {
        var filled = batch;
        if (filled != null) {
            batch = null;
            duplex.write(filled);
        }
    }

    private ByteBuf room(int bytes) {
        var into = batch;
        if (into != null && into.readableBytes() + bytes > MOST_BATCH) {
            pass();
            into = null;
        }
        if (into == null) {
            into = ByteBufAllocator.DEFAULT.directBuffer(Math.max(BATCH, FRAME_HEADER + bytes));
            into.setIndex(FRAME_HEADER, FRAME_HEADER);
            batch = into;
        }
        return into;
    }

    /// The duplex may be lost while it is written to, in the middle of a frame.
    private void dropIfClosed() {
        if (closed && batch != null) {
            batch.release();
            batch = null;
        }
    }

    private void count(int bytes, boolean control) {
        unflushed = true;
        untaken += bytes;
        outbound.add(bytes, control);
    }

    // ---- header blocks

    /// What puts the fields into a block.
    interface Fields {
        void writeTo(HpackEncoder hpack, ByteBuf out);
    }

    int trailers(Headers trailers, int id, int mostFrame) {
        return block((encoder, out) -> encoder.fields(out, trailers), id, true, mostFrame);
    }

    /// @return the bytes written, frame headers included
    int block(Fields fields, int id, boolean end, int mostFrame) {
        if (closed) {
            return 0;
        }
        var out = room(BATCH / 2);
        int start = out.writerIndex();
        out.writeZero(FRAME_HEADER);
        hpack.begin(out);
        fields.writeTo(hpack, out);
        int length = out.writerIndex() - start - FRAME_HEADER;
        int flags = end ? Http2.END_STREAM : 0;
        if (length > mostFrame) {
            return split(out, start, id, flags, mostFrame);
        }
        out.setMedium(start, length);
        out.setByte(start + 3, Http2.HEADERS);
        out.setByte(start + 4, flags | Http2.END_HEADERS);
        out.setInt(start + 5, id);
        count(FRAME_HEADER + length, false);
        dropIfClosed();
        return FRAME_HEADER + length;
    }

    private int split(ByteBuf out, int start, int id, int firstFlags, int mostFrame) {
        var block = new byte[out.writerIndex() - start - FRAME_HEADER];
        out.getBytes(start + FRAME_HEADER, block);
        out.writerIndex(start);
        int written = 0;
        int type = Http2.HEADERS;
        int flags = firstFlags;
        for (int at = 0; at < block.length; at += mostFrame) {
            int length = Math.min(mostFrame, block.length - at);
            flags |= at + length == block.length ? Http2.END_HEADERS : 0;
            Http2.frameHeader(out, length, type, flags, id);
            out.writeBytes(block, at, length);
            count(FRAME_HEADER + length, false);
            written += FRAME_HEADER + length;
            type = Http2.CONTINUATION;
            flags = 0;
        }
        dropIfClosed();
        return written;
    }

    // ---- DATA

    /// `length` bytes of payload must follow by `payload`.
    void dataHeader(int id, int length, int flags) {
        Http2.frameHeader(room(FRAME_HEADER), length, Http2.DATA, flags, id);
        count(FRAME_HEADER + length, false);
        dropIfClosed();
    }

    /// Ownership passes.
    void payload(ByteBuf bytes) {
        int length = bytes.readableBytes();
        if (length <= copiedBytes) {
            room(length).writeBytes(bytes);
            bytes.release();
            dropIfClosed();
            return;
        }
        pass();
        duplex.write(bytes); // Releases them where it is lost.
    }

    // ---- the rest

    void preface() {
        var preface = Http2.preface();
        int length = preface.readableBytes();
        room(length).writeBytes(preface);
        count(length, false);
    }

    void settings(int... pairs) {
        control(Http2.SETTINGS, 0, 0, pairs.length * 3);
        var out = room(pairs.length * 3);
        for (int at = 0; at < pairs.length; at += 2) {
            out.writeShort(pairs[at]).writeInt(pairs[at + 1]);
        }
        dropIfClosed();
    }

    void settingsAck() {
        control(Http2.SETTINGS, Http2.ACK, 0, 0);
    }

    void ping(int flags, long payload) {
        control(Http2.PING, flags, 0, Long.BYTES);
        room(Long.BYTES).writeLong(payload);
        dropIfClosed();
    }

    void reset(int id, int code) {
        control(Http2.RST_STREAM, 0, id, Integer.BYTES);
        room(Integer.BYTES).writeInt(code);
        dropIfClosed();
    }

    void windowUpdate(int id, int increment) {
        if (!closed) {
            var out = room(FRAME_HEADER + Integer.BYTES);
            Http2.frameHeader(out, Integer.BYTES, Http2.WINDOW_UPDATE, 0, id);
            out.writeInt(increment);
            count(FRAME_HEADER + Integer.BYTES, false);
            dropIfClosed();
        }
    }

    void goAway(int lastStream, int code, String detail) {
        int length = 8 + detail.length();
        var out = room(FRAME_HEADER + length);
        Http2.frameHeader(out, length, Http2.GOAWAY, 0, 0);
        out.writeInt(lastStream).writeInt(code);
        out.writeCharSequence(detail, java.nio.charset.StandardCharsets.US_ASCII);
        count(FRAME_HEADER + length, false);
        dropIfClosed();
    }

    private void control(int type, int flags, int id, int length) {
        Http2.frameHeader(room(FRAME_HEADER + length), length, type, flags, id);
        count(FRAME_HEADER + length, true);
        dropIfClosed();
    }

    /// Nothing more is written; what was is dropped unless it was flushed.
    void close() {
        closed = true;
        if (batch != null) {
            batch.release();
            batch = null;
        }
    }
}
