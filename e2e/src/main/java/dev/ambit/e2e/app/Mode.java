package dev.ambit.e2e.app;

import java.util.Locale;

/// What a port of the server does.
public enum Mode {
    /// HTTP/1.1: `/` says who answered and whom it saw, `/bytes/N?rate=R` sends N bytes of
    /// [Pattern] (R bytes a second at most), `/count` says how many bytes the request had.
    HTTP,
    /// Sends back what it gets; closes its side when the caller closed his.
    ECHO,
    /// Reads to the end, then says how many bytes that were, as text.
    SINK,
    /// Reads a line with a number, sends that many bytes of [Pattern], closes.
    SOURCE,
    /// Speaks first: greets, closes its own side at once, and still reads to the end.
    HALFCLOSE,
    /// Answers the first byte with a reset.
    RESET;

    static Mode parse(String text) {
        try {
            return valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "mode '%s' (expected one of: http echo sink source halfclose reset)"
                            .formatted(text),
                    e);
        }
    }
}
