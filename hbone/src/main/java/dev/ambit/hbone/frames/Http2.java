package dev.ambit.hbone.frames;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// HTTP/2's numbers (RFC 9113) and the frames that are written whole.
public final class Http2 {
    public static final int FRAME_HEADER = 9;
    public static final int DEFAULT_WINDOW = 65_535;
    public static final int DEFAULT_MAX_FRAME = 16_384;
    public static final int DEFAULT_HEADER_TABLE = 4_096;
    public static final int MAX_WINDOW = Integer.MAX_VALUE;

    // Frame types, section 6.
    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int PRIORITY = 2;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PUSH_PROMISE = 5;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;

    // Flags.
    public static final int END_STREAM = 0x1;
    public static final int ACK = 0x1;
    public static final int END_HEADERS = 0x4;
    public static final int PADDED = 0x8;
    public static final int WITH_PRIORITY = 0x20;

    // Settings, section 6.5.2.
    public static final int S_HEADER_TABLE_SIZE = 1;
    public static final int S_ENABLE_PUSH = 2;
    public static final int S_MAX_CONCURRENT_STREAMS = 3;
    public static final int S_INITIAL_WINDOW_SIZE = 4;
    public static final int S_MAX_FRAME_SIZE = 5;
    public static final int S_MAX_HEADER_LIST_SIZE = 6;

    /// RFC 8441 section 3.
    public static final int S_ENABLE_CONNECT_PROTOCOL = 8;

    /// How the detail of what this side found wrong with a peer's HTTP/2 begins.
    public static final String ERROR = "HTTP/2 error";

    // Error codes, section 7.
    public static final int NO_ERROR = 0;
    public static final int PROTOCOL_ERROR = 1;
    public static final int INTERNAL_ERROR = 2;
    public static final int FLOW_CONTROL_ERROR = 3;
    public static final int SETTINGS_TIMEOUT = 4;
    public static final int STREAM_CLOSED = 5;
    public static final int FRAME_SIZE_ERROR = 6;
    public static final int REFUSED_STREAM = 7;
    public static final int CANCEL = 8;
    public static final int COMPRESSION_ERROR = 9;
    public static final int CONNECT_ERROR = 0xa;
    public static final int ENHANCE_YOUR_CALM = 0xb;

    private static final ByteBuf PREFACE =
            Unpooled.unreleasableBuffer(
                    Unpooled.directBuffer()
                            .writeBytes(
                                    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                            .getBytes(StandardCharsets.US_ASCII)));

    private Http2() {}

    /// The client's connection preface, section 3.4; not to be modified.
    public static ByteBuf preface() {
        return PREFACE.duplicate();
    }

    public static void frameHeader(ByteBuf to, int length, int type, int flags, int stream) {
        to.writeMedium(length);
        to.writeByte(type);
        to.writeByte(flags);
        to.writeInt(stream);
    }

    public static ByteBuf windowUpdate(ByteBufAllocator allocator, int stream, int increment) {
        var frame = allocator.directBuffer(FRAME_HEADER + 4);
        frameHeader(frame, 4, WINDOW_UPDATE, 0, stream);
        return frame.writeInt(increment);
    }

    public static ByteBuf rstStream(ByteBufAllocator allocator, int stream, int code) {
        var frame = allocator.directBuffer(FRAME_HEADER + 4);
        frameHeader(frame, 4, RST_STREAM, 0, stream);
        return frame.writeInt(code);
    }

    public static ByteBuf ping(ByteBufAllocator allocator, int flags, long payload) {
        var frame = allocator.directBuffer(FRAME_HEADER + 8);
        frameHeader(frame, 8, PING, flags, 0);
        return frame.writeLong(payload);
    }

    public static ByteBuf settingsAck(ByteBufAllocator allocator) {
        var frame = allocator.directBuffer(FRAME_HEADER);
        frameHeader(frame, 0, SETTINGS, ACK, 0);
        return frame;
    }

    public static ByteBuf goAway(
            ByteBufAllocator allocator, int lastStream, int code, String detail) {
        var text = detail.getBytes(StandardCharsets.UTF_8);
        var frame = allocator.directBuffer(FRAME_HEADER + 8 + text.length);
        frameHeader(frame, 8 + text.length, GOAWAY, 0, 0);
        return frame.writeInt(lastStream).writeInt(code).writeBytes(text);
    }

    /// @param settings pairs of identifier and value
    public static ByteBuf settings(ByteBufAllocator allocator, int... settings) {
        var frame = allocator.directBuffer(FRAME_HEADER + settings.length * 3);
        frameHeader(frame, settings.length * 3, SETTINGS, 0, 0);
        for (int i = 0; i < settings.length; i += 2) {
            frame.writeShort(settings[i]).writeInt(settings[i + 1]);
        }
        return frame;
    }

    /// An error that ends the connection, section 5.4.1.
    public static final class ConnectionError extends Exception {
        private static final long serialVersionUID = 1;
        private final int code;

        public ConnectionError(int code, String detail) {
            super(detail, null, false, false);
            this.code = code;
        }

        public int code() {
            return code;
        }

        public String detail() {
            return String.valueOf(getMessage());
        }
    }

    /// A DATA frame. Where the reader of the socket left head room, header and payload are one
    /// buffer.
    public static void writeData(
            ByteBuf data, int flags, int id, ByteBufAllocator allocator, Consumer<ByteBuf> out) {
        int length = data.readableBytes();
        int at = data.readerIndex();
        if (at >= FRAME_HEADER && !data.isReadOnly() && data.refCnt() == 1) {
            data.readerIndex(at - FRAME_HEADER);
            data.setMedium(at - 9, length);
            data.setByte(at - 6, DATA);
            data.setByte(at - 5, flags);
            data.setInt(at - 4, id);
            out.accept(data);
            return;
        }
        var header = allocator.directBuffer(FRAME_HEADER);
        frameHeader(header, length, DATA, flags, id);
        out.accept(header);
        out.accept(data);
    }
}
