package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.Reasons;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Puts a head together in an array that all connections of a thread share; it becomes one buffer.
///
/// What would end a line early can't get out: CR, LF and NUL become blanks (RFC 9110 section 5.5),
/// whatever put them there.
final class HeadWriter {
    private static final int FIRST = 4096;
    private static final int STATUSES = 600;
    private static final byte[][] STATUS_11 = new byte[STATUSES][];
    private static final byte[][] STATUS_10 = new byte[STATUSES][];
    private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

    private static final FastThreadLocal<HeadWriter> OF_THREAD =
            new FastThreadLocal<>() {
                @Override
                protected HeadWriter initialValue() {
                    return new HeadWriter();
                }
            };

    static {
        for (int status = 100; status < STATUSES; status++) {
            STATUS_11[status] = statusLine("HTTP/1.1 ", status);
            STATUS_10[status] = statusLine("HTTP/1.0 ", status);
        }
    }

    private byte[] bytes = new byte[FIRST];
    private int length;
    private HeaderCase letters = HeaderCase.LOWER;

    private HeadWriter() {}

    private static byte[] statusLine(String version, int status) {
        return (version + status + ' ' + Reasons.of(status) + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /// An empty one.
    static HeadWriter start(HeaderCase letters) {
        var writer = OF_THREAD.get();
        writer.length = 0;
        writer.letters = letters;
        return writer;
    }

    HeadWriter statusLine(int status, boolean http11) {
        if (status < STATUSES) {
            raw((http11 ? STATUS_11 : STATUS_10)[status]);
        } else {
            raw(statusLine(http11 ? "HTTP/1.1 " : "HTTP/1.0 ", status));
        }
        return this;
    }

    HeadWriter requestLine(String method, String target) {
        text(method);
        room(1);
        bytes[length++] = ' ';
        target(target);
        raw(REQUEST_END);
        return this;
    }

    private static final byte[] REQUEST_END = " HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII);

    /// Anything but visible ASCII would end the target or make it another for some readers.
    private void target(String target) {
        int from = length;
        text(target);
        for (int i = from; i < length; i++) {
            if (!Chars.PATH[bytes[i] & 0xff]) {
                escape(target, from);
                return;
            }
        }
    }

    private void escape(String target, int from) {
        length = from;
        for (byte b : target.getBytes(StandardCharsets.ISO_8859_1)) {
            room(3);
            if (Chars.PATH[b & 0xff]) {
                bytes[length++] = b;
            } else {
                bytes[length++] = '%';
                bytes[length++] = HEX[b >> 4 & 15];
                bytes[length++] = HEX[b & 15];
            }
        }
    }

    HeadWriter field(String name, String value) {
        named(letters == HeaderCase.PROPER ? FieldNames.proper(name) : name, value);
        return this;
    }

    HeadWriter field(Headers headers, int index) {
        switch (letters) {
            case LOWER -> named(headers.name(index), headers.value(index));
            case PROPER -> field(headers.name(index), headers.value(index));
            case PRESERVE -> named(headers.spelledName(index), headers.value(index));
        }
        return this;
    }

    /// @param name as it is to be spelled
    HeadWriter named(String name, String value) {
        text(name);
        room(2);
        bytes[length++] = ':';
        bytes[length++] = ' ';
        text(value);
        end();
        return this;
    }

    HeadWriter lastChunk() {
        room(3);
        bytes[length++] = '0';
        return end();
    }

    HeadWriter body(String text) {
        text(text);
        return this;
    }

    HeadWriter end() {
        room(2);
        bytes[length++] = '\r';
        bytes[length++] = '\n';
        return this;
    }

    ByteBuf toBuffer() {
        var buffer = ByteBufAllocator.DEFAULT.directBuffer(length, length);
        return buffer.writeBytes(bytes, 0, length);
    }

    private void raw(byte[] more) {
        room(more.length);
        System.arraycopy(more, 0, bytes, length, more.length);
        length += more.length;
    }

    /// The octets of ISO 8859-1. This one copies them without an encoder; of other characters it
    /// leaves the low octet, which is why the line ends are looked for behind it.
    @SuppressWarnings("deprecation")
    private void text(String text) {
        int count = text.length();
        room(count);
        text.getBytes(0, count, bytes, length);
        int end = length + count;
        for (int i = length; i < end; i++) {
            byte c = bytes[i];
            if (c == '\r' || c == '\n' || c == 0) {
                bytes[i] = ' ';
            }
        }
        length = end;
    }

    private void room(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + more, 2 * bytes.length));
        }
    }
}
