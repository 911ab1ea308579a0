package dev.ambit.waypoint.match;

import java.nio.charset.StandardCharsets;

/// Letters' case in protocol elements: of ASCII alone, whatever the octets above it mean.
public final class Ascii {
    private static final int CASE = 'a' - 'A';

    private Ascii() {}

    public static boolean startsWithIgnoreCase(String text, String prefix) {
        return text.length() >= prefix.length() && sameIgnoreCase(text, 0, prefix);
    }

    public static boolean endsWithIgnoreCase(String text, String suffix) {
        int from = text.length() - suffix.length();
        return from >= 0 && sameIgnoreCase(text, from, suffix);
    }

    public static boolean equalsIgnoreCase(String text, String other) {
        return text.length() == other.length() && sameIgnoreCase(text, 0, other);
    }

    public static boolean containsIgnoreCase(String text, String part) {
        for (int from = 0; from + part.length() <= text.length(); from++) {
            if (sameIgnoreCase(text, from, part)) {
                return true;
            }
        }
        return false;
    }

    /// The same text where nothing is to be done.
    public static String lower(String text) {
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c >= 'A' && c <= 'Z') {
                return lowered(text, at);
            }
        }
        return text;
    }

    /// A text of the configuration, as it looks in a header: the octets of its UTF-8 as ISO 8859-1.
    public static String octets(String text) {
        for (int at = 0; at < text.length(); at++) {
            if (text.charAt(at) >= 128) {
                return new String(
                        text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            }
        }
        return text;
    }

    private static String lowered(String text, int from) {
        var chars = text.toCharArray();
        for (int at = from; at < chars.length; at++) {
            chars[at] = lower(chars[at]);
        }
        return new String(chars);
    }

    private static boolean sameIgnoreCase(String text, int from, String part) {
        for (int at = 0; at < part.length(); at++) {
            char a = text.charAt(from + at);
            char b = part.charAt(at);
            if (a != b && lower(a) != lower(b)) {
                return false;
            }
        }
        return true;
    }

    private static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c + CASE) : c;
    }
}
