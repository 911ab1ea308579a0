package dev.ambit.waypoint.telemetry.trace;

/// Identifiers in hexadecimal.
final class Hex {
    private static final char[] DIGITS = "0123456789abcdef".toCharArray();
    private static final int LONG = 16;

    private Hex() {}

    /// Sixteen digits.
    static String text(long value) {
        var text = new char[LONG];
        long rest = value;
        for (int at = LONG - 1; at >= 0; at--) {
            text[at] = DIGITS[(int) (rest & 15)];
            rest >>>= 4;
        }
        return new String(text);
    }

    /// Whether all of `text` from `from` to `to` are digits.
    static boolean is(String text, int from, int to) {
        if (from >= to || to > text.length()) {
            return false;
        }
        for (int at = from; at < to; at++) {
            if (Character.digit(text.charAt(at), 16) < 0 || text.charAt(at) > 'f') {
                return false;
            }
        }
        return true;
    }

    /// Of up to sixteen digits that are some.
    static long value(String text, int from, int to) {
        return Long.parseUnsignedLong(text, from, to, 16);
    }
}
