package dev.ambit.waypoint.http2;

/// Which characters may stand where, as nghttp2 has it: RFC 9113 section 8.2.1 within RFC 9110
/// section 5, and RFC 3986 for the parts of a target.
final class FieldRules {
    private static final int NAME = 1;
    private static final int VALUE = 2;
    private static final int METHOD = 4;
    private static final int PATH = 8;
    private static final int AUTHORITY = 16;
    private static final int SCHEME = 32;

    private static final byte[] ALLOWED = new byte[256];

    static {
        for (int c = 0; c < 256; c++) {
            boolean digit = c >= '0' && c <= '9';
            boolean lower = c >= 'a' && c <= 'z';
            boolean upper = c >= 'A' && c <= 'Z';
            boolean visible = c > 0x20 && c != 0x7f;
            boolean token = digit || lower || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
            int may = 0;
            may |= token ? NAME | METHOD : 0;
            may |= upper ? METHOD : 0;
            may |= visible || c == ' ' || c == '\t' ? VALUE : 0;
            may |= visible ? PATH : 0;
            may |= digit || lower || upper ? AUTHORITY | SCHEME : 0;
            may |= "-._~%!$&'()*+,;=:[]".indexOf(c) >= 0 ? AUTHORITY : 0;
            may |= "+-.".indexOf(c) >= 0 ? SCHEME : 0;
            ALLOWED[c] = (byte) may;
        }
    }

    private FieldRules() {}

    static boolean isName(byte[] text, int from, int to) {
        int at = from < to && text[from] == ':' ? from + 1 : from;
        if (at == to) {
            return false;
        }
        for (; at < to; at++) {
            if ((ALLOWED[text[at] & 0xff] & NAME) == 0) {
                return false;
            }
        }
        return true;
    }

    static boolean isValue(byte[] text, int from, int to) {
        for (int at = from; at < to; at++) {
            if ((ALLOWED[text[at] & 0xff] & VALUE) == 0) {
                return false;
            }
        }
        return true;
    }

    static boolean isMethod(String text) {
        return all(text, METHOD);
    }

    static boolean isPath(String text) {
        return all(text, PATH);
    }

    static boolean isAuthority(String text) {
        return all(text, AUTHORITY);
    }

    static boolean isScheme(String text) {
        return all(text, SCHEME) && Character.isLetter(text.charAt(0));
    }

    private static boolean all(String text, int allowed) {
        for (int at = 0; at < text.length(); at++) {
            int c = text.charAt(at);
            if (c > 0xff || (ALLOWED[c] & allowed) == 0) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /// @return the number, or -1 where it is none (RFC 9110 section 8.6)
    static long contentLength(String text) {
        int length = text.length();
        if (length == 0 || length > 18) {
            return -1;
        }
        long number = 0;
        for (int at = 0; at < length; at++) {
            int digit = text.charAt(at) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return number;
    }
}
