package dev.ambit.waypoint.http1;

/// How header names are spelled on the wire (`header_key_format`).
public enum HeaderCase {
    LOWER,
    /// `X-Request-Id`: each letter that follows none.
    PROPER,
    /// As the other side's HTTP/1 peer spelled them.
    PRESERVE;

    /// `Content-Type` for `content-type`. Like Envoy, a letter is raised after everything but a
    /// letter or a digit.
    static String proper(String name) {
        var out = new StringBuilder(name.length());
        boolean raise = true;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean lower = c >= 'a' && c <= 'z';
            out.append(raise && lower ? (char) (c - 32) : c);
            raise = !lower && !(c >= '0' && c <= '9');
        }
        return out.toString();
    }
}
