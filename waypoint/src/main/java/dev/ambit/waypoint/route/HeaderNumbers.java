package dev.ambit.waypoint.route;

/// Numbers in headers, as leniently as Envoy reads them.
public final class HeaderNumbers {
    private HeaderNumbers() {}

    /// A decimal number up to 2^63-1 with blanks around it and perhaps a `+`; -1 for anything else.
    public static long unsigned(String text) {
        var bare = text.strip();
        if (bare.startsWith("+")) {
            bare = bare.substring(1);
        }
        return digits(bare, bare.length());
    }

    /// The number that `text` is up to `end`, or -1.
    static long digits(String text, int end) {
        if (end == 0) {
            return -1;
        }
        long value = 0;
        for (int at = 0; at < end; at++) {
            int digit = text.charAt(at) - '0';
            if (digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }
}
