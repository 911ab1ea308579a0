package dev.ambit.waypoint.http2;

import dev.ambit.hbone.frames.Http2;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// HTTP/2 written by hand, and what was sent told in words.
final class H2 {
    private static final String[] CODES = {
        "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
        "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
        "CONNECT_ERROR", "ENHANCE_YOUR_CALM"
    };

    private H2() {}

    static ByteBuf join(ByteBuf... parts) {
        var all = Unpooled.buffer();
        for (var part : parts) {
            all.writeBytes(part);
            part.release();
        }
        return all;
    }

    static ByteBuf frame(int type, int flags, int stream, ByteBuf payload) {
        var frame = Unpooled.buffer();
        Http2.frameHeader(frame, payload.readableBytes(), type, flags, stream);
        return join(frame, payload);
    }

    static ByteBuf frame(int type, int flags, int stream, int... payload) {
        var bytes = Unpooled.buffer();
        for (int octet : payload) {
            bytes.writeByte(octet);
        }
        return frame(type, flags, stream, bytes);
    }

    static ByteBuf preface() {
        return join(Http2.preface().copy(), frame(Http2.SETTINGS, 0, 0));
    }

    static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    /// Names and values alternate; literals that nobody keeps.
    static ByteBuf block(String... fields) {
        var block = Unpooled.buffer();
        for (int at = 0; at < fields.length; at += 2) {
            block.writeByte(0);
            string(block, fields[at]);
            string(block, fields[at + 1]);
        }
        return block;
    }

    static void string(ByteBuf out, String text) {
        int left = text.length() - 127;
        out.writeByte(Math.min(text.length(), 127));
        if (left >= 0) {
            for (; left >= 0x80; left >>>= 7) {
                out.writeByte(left & 0x7f | 0x80);
            }
            out.writeByte(left);
        }
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    static ByteBuf headers(int stream, boolean end, String... fields) {
        int flags = Http2.END_HEADERS | (end ? Http2.END_STREAM : 0);
        return frame(Http2.HEADERS, flags, stream, block(fields));
    }

    static ByteBuf get(int stream, String... more) {
        return headers(stream, true, with("GET", more));
    }

    static ByteBuf post(int stream, String... more) {
        return headers(stream, false, with("POST", more));
    }

    private static String[] with(String method, String... more) {
        var all =
                new ArrayList<>(
                        List.of(
                                ":method",
                                method,
                                ":scheme",
                                "http",
                                ":authority",
                                "a",
                                ":path",
                                "/"));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    static ByteBuf data(int stream, boolean end, String text) {
        return frame(Http2.DATA, end ? Http2.END_STREAM : 0, stream, text(text));
    }

    static ByteBuf number(int type, int stream, int value) {
        return frame(type, 0, stream, Unpooled.buffer().writeInt(value));
    }

    static ByteBuf setting(int name, int value) {
        return frame(Http2.SETTINGS, 0, 0, Unpooled.buffer().writeShort(name).writeInt(value));
    }

    /// Frames in words; SETTINGS and WINDOW_UPDATE of the connection are left out. Releases `all`.
    static List<String> told(ByteBuf all) {
        var told = new ArrayList<String>();
        if (all.readableBytes() > 24 && all.getByte(all.readerIndex()) == 'P') {
            all.skipBytes(24);
        }
        while (all.isReadable()) {
            int length = all.readUnsignedMedium();
            int type = all.readUnsignedByte();
            int flags = all.readUnsignedByte();
            int stream = all.readInt();
            var payload = all.readSlice(length);
            if (type == Http2.SETTINGS || (type == Http2.WINDOW_UPDATE && stream == 0)) {
                continue;
            }
            told.add(frame(type, flags, stream, length, payload));
        }
        all.release();
        return told;
    }

    private static String frame(int type, int flags, int stream, int length, ByteBuf payload) {
        String end = (flags & Http2.END_STREAM) != 0 ? " end" : "";
        return switch (type) {
            case Http2.DATA -> "DATA " + stream + " " + length + end;
            case Http2.HEADERS -> "HEADERS " + stream + end;
            case Http2.CONTINUATION -> "CONTINUATION " + stream;
            case Http2.RST_STREAM -> "RST " + stream + " " + CODES[payload.readInt()];
            case Http2.PING -> "PING" + (flags == Http2.ACK ? " ack" : "");
            case Http2.GOAWAY ->
                    "GOAWAY "
                            + (payload.getInt(0) == Integer.MAX_VALUE ? "max" : payload.getInt(0))
                            + " "
                            + CODES[payload.getInt(4)];
            case Http2.WINDOW_UPDATE -> "WINDOW " + stream + " " + payload.readInt();
            default -> "type " + type;
        };
    }
}
