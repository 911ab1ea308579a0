package dev.ambit.waypoint.http1;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Takes lines out of bytes that come in pieces. A line that comes in one piece is copied once,
/// into an array that all connections of a thread share; only the beginning of one that doesn't is
/// kept.
///
/// A line ends with CRLF, or with LF alone (RFC 9112 section 2.2); who must not accept the latter
/// asks `endedWithCr`. A CR anywhere else stays in the line, where no grammar allows it.
final class LineReader {
    enum Result {
        LINE,
        /// Everything was read, and is kept.
        MORE,
        TOO_LONG
    }

    private static final int FIRST = 1024;

    /// Holds a line while it is parsed. Nothing that parsing calls reads another line.
    private static final FastThreadLocal<Scratch> SCRATCH =
            new FastThreadLocal<>() {
                @Override
                protected Scratch initialValue() {
                    return new Scratch();
                }
            };

    private static final class Scratch {
        byte[] bytes = new byte[FIRST];

        byte[] atLeast(int size) {
            if (bytes.length < size) {
                bytes = new byte[Math.max(size, 2 * bytes.length)];
            }
            return bytes;
        }
    }

    private static final byte[] NONE = {};

    private byte[] kept = NONE;
    private int keptLength;
    private byte[] line = NONE;
    private int length;
    private boolean endedWithCr;
    private int consumed;

    /// @param limit of bytes since the last `restart`, line ends included
    Result read(ByteBuf in, int limit) {
        int from = in.readerIndex();
        int end = in.indexOf(from, in.writerIndex(), (byte) '\n');
        int count = (end < 0 ? in.writerIndex() : end + 1) - from;
        if (consumed + count > limit) {
            return Result.TOO_LONG;
        }
        consumed += count;
        if (end < 0) {
            keep(in, count);
            return Result.MORE;
        }
        var bytes = SCRATCH.get().atLeast(keptLength + count);
        if (keptLength > 0) {
            System.arraycopy(kept, 0, bytes, 0, keptLength);
        }
        in.readBytes(bytes, keptLength, count);
        length = keptLength + count - 1;
        endedWithCr = length > 0 && bytes[length - 1] == '\r';
        if (endedWithCr) {
            length--;
        }
        line = bytes;
        keptLength = 0;
        kept = NONE;
        return Result.LINE;
    }

    private void keep(ByteBuf in, int count) {
        if (kept.length < keptLength + count) {
            kept = Arrays.copyOf(kept, Math.max(keptLength + count, 2 * kept.length));
        }
        in.readBytes(kept, keptLength, count);
        keptLength += count;
    }

    /// The line, valid until the next one is read by anyone on this thread.
    byte[] bytes() {
        return line;
    }

    /// Of the line, without its end.
    int length() {
        return length;
    }

    boolean endedWithCr() {
        return endedWithCr;
    }

    /// The first byte of a line of which only a beginning has come, or -1.
    int firstKept() {
        return keptLength == 0 ? -1 : kept[0] & 0xff;
    }

    /// Bytes read since the last `restart`.
    int consumed() {
        return consumed;
    }

    void restart() {
        consumed = 0;
        keptLength = 0;
        kept = NONE;
    }

    /// For errors.
    String text() {
        return new String(line, 0, length, StandardCharsets.ISO_8859_1);
    }
}
