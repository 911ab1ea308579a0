package dev.ambit.waypoint.http1;

/// `1*DIGIT` (RFC 9110 section 8.6).
final class ContentLength {
    private ContentLength() {}

    /// The length, or -1 for what is none.
    static long parse(String text) {
        if (text.isEmpty()) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10) {
                return -1;
            }
            value = 10 * value + digit;
        }
        return value;
    }
}
