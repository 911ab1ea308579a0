package dev.ambit.waypoint.http2;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.model.HttpOptions;
import org.jspecify.annotations.Nullable;

/// Collects the fields of one block and judges them as they come (RFC 9113 section 8.2 and 8.3).
/// The first fault counts; what follows is only decoded. One per kind of block and connection, used
/// again and again.
abstract class FieldCollector implements HpackDecoder.Sink {
    private final int maxBytes;
    private final int maxFields;
    private final HttpOptions.Underscores underscores;

    private Headers headers = new Headers();
    private @Nullable Broken broken;
    private boolean regular;
    private int bytes;
    private int fields;
    private long contentLength = -1;

    /// @param maxBytes of names and values
    /// @param maxFields pseudo-headers included
    FieldCollector(int maxBytes, int maxFields, HttpOptions.Underscores underscores) {
        this.maxBytes = maxBytes;
        this.maxFields = maxFields;
        this.underscores = underscores;
    }

    void begin() {
        headers = new Headers();
        broken = null;
        regular = false;
        bytes = 0;
        fields = 0;
        contentLength = -1;
    }

    final Headers headers() {
        return headers;
    }

    final @Nullable Broken broken() {
        return broken;
    }

    /// -1 for none.
    final long contentLength() {
        return contentLength;
    }

    /// A pseudo-header, before any regular field.
    ///
    /// @return whether it may stand here
    abstract boolean pseudo(String name, String value);

    /// Those that are special in this kind of block. True: taken care of.
    boolean special(String name, String value) {
        return false;
    }

    @Override
    public final void onField(String name, String value, int faults) {
        if (broken != null) {
            return;
        }
        bytes += name.length() + value.length();
        if (bytes > maxBytes) {
            tooMuch(Broken.TOO_LARGE, "fields of over " + maxBytes + " bytes");
            return;
        }
        if (++fields > maxFields) {
            tooMuch(Broken.TOO_MANY, "over " + maxFields + " fields");
            return;
        }
        if (faults != 0) {
            malformed(
                    (faults & HpackDecoder.BAD_NAME) != 0
                            ? "name of a field: " + printable(name) + " (expected: lower case)"
                            : "value of " + name + " has a control character");
            return;
        }
        if (name.charAt(0) == ':') {
            if (regular || !pseudo(name, value)) {
                malformed(
                        name
                                + ": "
                                + printable(value)
                                + " (expected: each pseudo-header once, before other fields)");
            }
            return;
        }
        regular = true;
        regular(name, value);
    }

    private void regular(String name, String value) {
        switch (name) {
            case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade" ->
                    malformed(name + " (expected: nothing of HTTP/1 connections in HTTP/2)");
            case "te" -> {
                if ("trailers".equalsIgnoreCase(value)) {
                    headers.add(name, value);
                } else {
                    malformed("te: " + printable(value) + " (expected: trailers)");
                }
            }
            case "content-length" -> {
                long length = FieldRules.contentLength(value);
                if (length < 0 || contentLength >= 0) {
                    malformed("content-length: " + printable(value) + " (expected: one number)");
                    return;
                }
                contentLength = length;
                headers.add(name, value);
            }
            default -> {
                if (!special(name, value) && passes(name)) {
                    headers.add(name, value);
                }
            }
        }
    }

    private boolean passes(String name) {
        if (underscores == HttpOptions.Underscores.ALLOW || name.indexOf('_') < 0) {
            return true;
        }
        if (underscores == HttpOptions.Underscores.REJECT) {
            tooMuch(Broken.UNDERSCORE, "field " + name + " has an underscore");
        }
        return false;
    }

    private void tooMuch(String details, String cause) {
        broken = new Broken(Http2.INTERNAL_ERROR, details, cause, true);
    }

    final void malformed(String cause) {
        broken = new Broken(Http2.PROTOCOL_ERROR, Broken.HEADER, cause, false);
    }

    final void misused(String cause) {
        broken = new Broken(Http2.PROTOCOL_ERROR, Broken.MESSAGING, cause, false);
    }

    /// For the log: no control characters, and not long.
    static String printable(String text) {
        var shown = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), 64); i++) {
            char c = text.charAt(i);
            shown.append(c < 0x20 || c == 0x7f ? '?' : c);
        }
        return shown.toString();
    }

    /// Trailers: regular fields alone.
    static final class Trailers extends FieldCollector {
        Trailers(int maxBytes, int maxFields, HttpOptions.Underscores underscores) {
            super(maxBytes, maxFields, underscores);
        }

        @Override
        boolean pseudo(String name, String value) {
            return false;
        }
    }
}
