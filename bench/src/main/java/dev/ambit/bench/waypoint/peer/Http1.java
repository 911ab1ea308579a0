package dev.ambit.bench.waypoint.peer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;

/// As much of HTTP/1.1 as a benchmark reads: where a message ends, and its status.
final class Http1 {
    private static final byte[] LENGTH = "content-length:".getBytes(US_ASCII);
    private static final int CR_LF_CR_LF = 0x0d0a0d0a;
    private static final int STATUS_AT = "HTTP/1.1 ".length();

    private Http1() {}

    static byte[] request(String host, String path, int body) {
        return ("POST "
                        + path
                        + " HTTP/1.1\r\nhost: "
                        + host
                        + "\r\nuser-agent: bench/1\r\naccept: */*\r\n"
                        + "content-type: application/octet-stream\r\ncontent-length: "
                        + body
                        + "\r\n\r\n"
                        + "x".repeat(body))
                .getBytes(US_ASCII);
    }

    static byte[] response(int body) {
        return responseHead(body, "x".repeat(body));
    }

    static byte[] responseHead(long length, String body) {
        return ("HTTP/1.1 200 OK\r\nserver: bench\r\ndate: Fri, 27 Nov 2026 10:00:00 GMT\r\n"
                        + "content-type: application/octet-stream\r\ncontent-length: "
                        + length
                        + "\r\n\r\n"
                        + body)
                .getBytes(US_ASCII);
    }

    /// Bytes of the message at the reader's index, or -1 while it is not whole.
    static int messageBytes(ByteBuf in) {
        int start = in.readerIndex();
        int end = in.writerIndex();
        int length = 0;
        int line = start;
        for (int i = start; i + 4 <= end; i++) {
            if (in.getByte(i) != '\r') {
                continue;
            }
            if (isLength(in, line)) {
                length = number(in, line + LENGTH.length, i);
            }
            if (in.getInt(i) == CR_LF_CR_LF) {
                int total = i + 4 - start + length;
                return total <= end - start ? total : -1;
            }
            line = i + 2;
        }
        return -1;
    }

    /// Of the request at the reader's index.
    static boolean pathEndsWith(ByteBuf in, String end) {
        int space = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) ' ');
        int next = in.indexOf(space + 1, in.writerIndex(), (byte) ' ');
        int from = next - end.length();
        return from > space && in.toString(from, end.length(), US_ASCII).equals(end);
    }

    static boolean isSuccess(ByteBuf in) {
        return in.getByte(in.readerIndex() + STATUS_AT) == '2';
    }

    private static boolean isLength(ByteBuf in, int at) {
        if (at + LENGTH.length > in.writerIndex()) {
            return false;
        }
        for (int i = 0; i < LENGTH.length; i++) {
            byte b = in.getByte(at + i);
            if (b != LENGTH[i] && b + ('a' - 'A') != LENGTH[i]) {
                return false;
            }
        }
        return true;
    }

    private static int number(ByteBuf in, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            int digit = in.getByte(i) - '0';
            if (digit >= 0 && digit <= 9) {
                value = value * 10 + digit;
            }
        }
        return value;
    }
}
