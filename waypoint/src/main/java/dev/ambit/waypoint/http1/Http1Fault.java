package dev.ambit.waypoint.http1;

/// What is wrong with a message.
///
/// @param status that a server answers
/// @param details Envoy's words, as `http1.codec_error`
/// @param cause value, expectation, and likely cause, for the log
record Http1Fault(int status, String details, String cause) {
    static final String CODEC = "http1.codec_error";

    /// Values are strangers' bytes: a log line shows so many of them.
    private static final int SHOWN = 60;

    static Http1Fault codec(String cause) {
        return new Http1Fault(400, CODEC, cause);
    }

    static Http1Fault codec(String what, String value, String expected) {
        return codec(what + ": " + shown(value) + " (expected: " + expected + ")");
    }

    static Http1Fault of(String details, String what, String value, String expected) {
        return new Http1Fault(
                400, details, what + ": " + shown(value) + " (expected: " + expected + ")");
    }

    static Http1Fault tooLarge(String what, int limit) {
        return new Http1Fault(
                431, "http1.headers_too_large", what + " longer than " + limit + " bytes");
    }

    static Http1Fault tooMany(String what, int limit) {
        return new Http1Fault(431, "http1.too_many_headers", "more than " + limit + " " + what);
    }

    /// In quotes, cut, with everything but printable ASCII escaped.
    static String shown(String value) {
        var out = new StringBuilder(SHOWN + 8).append('"');
        for (int i = 0; i < value.length() && i < SHOWN; i++) {
            char c = value.charAt(i);
            if (c >= ' ' && c < 127) {
                out.append(c);
            } else {
                out.append("\\x");
                if (c < 16) {
                    out.append('0');
                }
                out.append(Integer.toHexString(c));
            }
        }
        return out.append(value.length() > SHOWN ? "\"…" : "\"").toString();
    }
}
