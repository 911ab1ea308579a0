package dev.ambit.hbone.wire;

import java.util.Optional;
import java.util.random.RandomGenerator;

/// The `traceparent` header (W3C Trace Context, section 3.2), version 00: one per application
/// connection, to find both ends' log lines of it. Never sampled.
public record TraceParent(long traceHigh, long traceLow, long span) {
    private static final int LENGTH = 55;

    public static TraceParent random(RandomGenerator random) {
        // All zeroes is invalid (section 3.2.2.3).
        return new TraceParent(random.nextLong(), random.nextLong() | 1, random.nextLong() | 1);
    }

    public String encode() {
        var out = new byte[LENGTH];
        out[0] = '0';
        out[1] = '0';
        out[2] = '-';
        hex(out, 3, traceHigh);
        hex(out, 19, traceLow);
        out[35] = '-';
        hex(out, 36, span);
        out[52] = '-';
        out[53] = '0';
        out[54] = '0';
        return new String(out, java.nio.charset.StandardCharsets.US_ASCII);
    }

    /// Empty for anything that is not exactly of the form, whatever it is.
    public static Optional<TraceParent> parse(String text) {
        if (text.length() != LENGTH
                || !text.startsWith("00-")
                || text.charAt(35) != '-'
                || text.charAt(52) != '-') {
            return Optional.empty();
        }
        for (int i = 3; i < LENGTH; i++) {
            char c = text.charAt(i);
            if (i != 35 && i != 52 && (c > 'f' || Character.digit(c, 16) < 0)) {
                return Optional.empty();
            }
        }
        return Optional.of(
                new TraceParent(
                        Long.parseUnsignedLong(text, 3, 19, 16),
                        Long.parseUnsignedLong(text, 19, 35, 16),
                        Long.parseUnsignedLong(text, 36, 52, 16)));
    }

    private static void hex(byte[] out, int at, long value) {
        for (int i = 15; i >= 0; i--) {
            int digit = (int) (value & 0xf);
            out[at + i] = (byte) (digit < 10 ? '0' + digit : 'a' + digit - 10);
            value >>>= 4;
        }
    }
}
