package dev.ambit.waypoint.http1;

import java.util.Locale;

/// Which octets may stand where.
final class Chars {
    /// For each octet of a token (RFC 9110 section 5.6.2) its lower-case form; 0 for others.
    static final byte[] TOKEN = new byte[256];

    /// Field values: visible, blanks, and obs-text (RFC 9110 section 5.5).
    static final boolean[] VALUE = new boolean[256];

    /// What Envoy's parser accepts in a path: visible ASCII.
    static final boolean[] PATH = new boolean[256];

    /// What Envoy's parser accepts in an authority.
    static final boolean[] AUTHORITY = new boolean[256];

    static {
        for (int c = 0; c < 256; c++) {
            boolean digit = c >= '0' && c <= '9';
            boolean letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            if (digit || letter || (c < 128 && "!#$%&'*+-.^_`|~".indexOf(c) >= 0)) {
                TOKEN[c] = (byte) String.valueOf((char) c).toLowerCase(Locale.ROOT).charAt(0);
            }
            VALUE[c] = c == '\t' || (c >= ' ' && c != 127);
            PATH[c] = c > ' ' && c < 127;
            AUTHORITY[c] = digit || letter || (c < 128 && "!$%&'()*+,-.:;=@[]_~".indexOf(c) >= 0);
        }
    }

    private Chars() {}

    static boolean all(boolean[] allowed, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > 255 || !allowed[c]) {
                return false;
            }
        }
        return true;
    }

    static boolean blank(int c) {
        return c == ' ' || c == '\t';
    }
}
