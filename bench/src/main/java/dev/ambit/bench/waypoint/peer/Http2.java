package dev.ambit.bench.waypoint.peer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.ambit.hbone.Duplex;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;

/// As much of HTTP/2 as a benchmark needs: frames, windows, and header blocks that are always the
/// same (RFC 9113, RFC 7541).
abstract class Http2 {
    static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;
    static final int HEAD_BYTES = 9;

    private static final int FIRST_WINDOW = 65_535;
    private static final int WINDOW = 16 << 20;
    private static final int STREAM_WINDOW = 1 << 20;

    private final Duplex duplex;
    private final ArrayDeque<Integer> waiting = new ArrayDeque<>();
    private int sendWindow = FIRST_WINDOW;
    private int consumed;

    Http2(Duplex duplex) {
        this.duplex = duplex;
    }

    abstract void onHeaders(ByteBuf in, int id, int length, boolean last);

    abstract void onData(int id, boolean last);

    abstract void onReset(int id);

    /// Sends the message of a stream, now that there is room for it.
    abstract void send(int id);

    /// Of DATA in a message.
    abstract int bodyBytes();

    /// Now, or when the connection's window has room.
    final void sendWhenRoom(int id) {
        if (waiting.isEmpty() && sendWindow >= bodyBytes()) {
            sendWindow -= bodyBytes();
            send(id);
        } else {
            waiting.add(id);
        }
    }

    static void begin(ByteBuf out) {
        out.writeMedium(12).writeByte(SETTINGS).writeByte(0).writeInt(0);
        out.writeShort(4).writeInt(STREAM_WINDOW);
        out.writeShort(3).writeInt(1_000);
        out.writeMedium(4).writeByte(WINDOW_UPDATE).writeByte(0).writeInt(0);
        out.writeInt(WINDOW - FIRST_WINDOW);
    }

    static void frame(ByteBuf out, int type, int flags, int id, byte[] payload) {
        out.writeMedium(payload.length).writeByte(type).writeByte(flags).writeInt(id);
        out.writeBytes(payload);
    }

    final void parse(ByteBuf in) {
        while (in.readableBytes() >= HEAD_BYTES) {
            int at = in.readerIndex();
            int length = in.getUnsignedMedium(at);
            if (in.readableBytes() < HEAD_BYTES + length) {
                return;
            }
            int type = in.getUnsignedByte(at + 3);
            int flags = in.getUnsignedByte(at + 4);
            int id = in.getInt(at + 5) & Integer.MAX_VALUE;
            in.skipBytes(HEAD_BYTES);
            frame(in, type, flags, id, length);
            in.readerIndex(at + HEAD_BYTES + length);
        }
    }

    private void frame(ByteBuf in, int type, int flags, int id, int length) {
        boolean last = (flags & END_STREAM) != 0;
        switch (type) {
            case DATA -> {
                consumed += length;
                if (consumed > WINDOW / 2) {
                    duplex.write(windowUpdate());
                }
                onData(id, last);
            }
            case HEADERS -> onHeaders(in, id, length, last);
            case RST_STREAM -> onReset(id);
            case SETTINGS -> {
                if ((flags & ACK) == 0) {
                    write(SETTINGS, new byte[0]);
                }
            }
            case PING -> {
                if ((flags & ACK) == 0) {
                    var opaque = new byte[length];
                    in.getBytes(in.readerIndex(), opaque);
                    write(PING, opaque);
                }
            }
            case WINDOW_UPDATE -> {
                if (id == 0) {
                    sendWindow += in.getInt(in.readerIndex()) & Integer.MAX_VALUE;
                    while (!waiting.isEmpty() && sendWindow >= bodyBytes()) {
                        sendWindow -= bodyBytes();
                        send(waiting.remove());
                    }
                }
            }
            default -> {
                // GOAWAY is followed by the end, the others say nothing here.
            }
        }
    }

    private ByteBuf windowUpdate() {
        var out = Buffers.small();
        out.writeMedium(4).writeByte(WINDOW_UPDATE).writeByte(0).writeInt(0).writeInt(consumed);
        consumed = 0;
        return out;
    }

    private void write(int type, byte[] payload) {
        var out = Buffers.small();
        frame(out, type, ACK, 0, payload);
        duplex.write(out);
    }

    /// A header block that puts its fields into the table, and the one that names them there.
    ///
    /// @param first of the connection
    /// @param next each one after it
    record Blocks(byte[] first, byte[] next) {
        /// @param indexed bytes of fields that stand in the static table
        /// @param fields name and value in turn
        static Blocks of(byte[] indexed, String... fields) {
            var first = new ByteArrayOutputStream();
            var next = new ByteArrayOutputStream();
            first.writeBytes(indexed);
            next.writeBytes(indexed);
            int count = fields.length / 2;
            for (int i = 0; i < count; i++) {
                first.write(0x40);
                text(first, fields[2 * i]);
                text(first, fields[2 * i + 1]);
                next.write(0x80 | (61 + count - i));
            }
            return new Blocks(first.toByteArray(), next.toByteArray());
        }

        private static void text(ByteArrayOutputStream out, String text) {
            out.write(text.length());
            out.writeBytes(text.getBytes(US_ASCII));
        }
    }
}
