package dev.ambit.waypoint.proxy;

import java.util.random.RandomGenerator;

/// New values of `x-request-id`: UUIDs of version 4 (RFC 9562 section 5.4).
public final class RequestIds {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private final RandomGenerator random;

    /// @param random of this loop
    public RequestIds(RandomGenerator random) {
        this.random = random;
    }

    String next() {
        long high = (random.nextLong() & ~0xf000L) | 0x4000L;
        long low = (random.nextLong() & ~(3L << 62)) | 1L << 63;
        char[] text = new char[36];
        digits(high >>> 32, 8, text, 0);
        digits(high >>> 16, 4, text, 9);
        digits(high, 4, text, 14);
        digits(low >>> 48, 4, text, 19);
        digits(low, 12, text, 24);
        text[8] = '-';
        text[13] = '-';
        text[18] = '-';
        text[23] = '-';
        return new String(text);
    }

    private static void digits(long value, int count, char[] to, int at) {
        for (int i = count - 1; i >= 0; i--) {
            to[at + i] = HEX[(int) (value & 15)];
            value >>>= 4;
        }
    }
}
