package dev.ambit.waypoint.http1;

/// Comma-separated tokens of `connection` and `te`.
final class ConnectionTokens {
    /// So many names in `connection` are refused, as Envoy does.
    static final int MAX_NAMED = 10;

    /// So long a `te` that `connection` names is refused, as Envoy does.
    static final int MAX_TE_CHARS = 256;

    private ConnectionTokens() {}

    /// Where the token that starts at `from` ends.
    static int end(String value, int from) {
        int comma = value.indexOf(',', from);
        return comma < 0 ? value.length() : comma;
    }

    /// @param token lower-case
    static boolean has(String value, String token) {
        if (value.equalsIgnoreCase(token)) {
            return true;
        }
        for (int from = 0; from < value.length(); ) {
            int end = end(value, from);
            int start = from;
            while (start < end && Chars.blank(value.charAt(start))) {
                start++;
            }
            int stop = end;
            while (stop > start && Chars.blank(value.charAt(stop - 1))) {
                stop--;
            }
            if (stop - start == token.length()
                    && value.regionMatches(true, start, token, 0, token.length())) {
                return true;
            }
            from = end + 1;
        }
        return false;
    }
}
