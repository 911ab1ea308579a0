package dev.ambit.waypoint.http2;

/// Small texts of which the same ones are written over and over.
final class Statuses {
    private static final String[] TEXTS = new String[600];

    static {
        for (int status = 100; status < TEXTS.length; status++) {
            TEXTS[status] = Integer.toString(status);
        }
    }

    private Statuses() {}

    static String text(int status) {
        return status >= 100 && status < TEXTS.length ? TEXTS[status] : Integer.toString(status);
    }

    /// For GOAWAY's debug data.
    static String ascii(String text) {
        var shown = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), 128); i++) {
            char c = text.charAt(i);
            shown.append(c < 0x20 || c > 0x7e ? '?' : c);
        }
        return shown.toString();
    }
}
