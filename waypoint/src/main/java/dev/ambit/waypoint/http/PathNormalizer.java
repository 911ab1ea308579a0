package dev.ambit.waypoint.http;

import org.jspecify.annotations.Nullable;

/// What becomes of a request's path before anyone judges it (`normalize_path`, `merge_slashes`,
/// `path_with_escaped_slashes_action`), with the answers that Envoy gives. The query is never
/// changed.
///
/// It is done once, before policies and routes see the path: who could write a path in a way that
/// policies and servers understand differently would get around the policies.
public final class PathNormalizer {
    /// Envoy's `%RESPONSE_CODE_DETAILS%` of paths that are refused or redirected.
    public static final String FAILED = "path_normalization_failed";

    /// `path_with_escaped_slashes_action`, about `%2F` and `%5C`.
    public enum EscapedSlashes {
        KEEP,
        REJECT,
        /// 307 to the path without them. A gRPC request is to be refused instead: its clients don't
        /// follow.
        UNESCAPE_AND_REDIRECT,
        UNESCAPE_AND_FORWARD
    }

    public sealed interface Result {}

    /// Goes on with this path; the same object where there was nothing to do.
    public record Accepted(String path) implements Result {}

    /// 400.
    public record Refused(String cause) implements Result {}

    /// 307 to this path.
    public record Redirected(String path) implements Result {}

    private static final Refused FRAGMENT =
            new Refused("path with a fragment, which is not for servers (RFC 9110 section 4.2.5)");
    private static final Refused ESCAPED =
            new Refused("path with %2F or %5C, which servers read in different ways");
    private static final Refused ZERO = new Refused("path with %00");
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private final boolean normalize;
    private final boolean mergeSlashes;
    private final EscapedSlashes escapedSlashes;

    public PathNormalizer(boolean normalize, boolean mergeSlashes, EscapedSlashes escapedSlashes) {
        this.normalize = normalize;
        this.mergeSlashes = mergeSlashes;
        this.escapedSlashes = escapedSlashes;
    }

    /// @param path with its query, as the request has it; `*` and empty ones are left alone
    public Result apply(String path) {
        if (path.indexOf('#') >= 0) {
            return FRAGMENT;
        }
        if (path.isEmpty() || path.charAt(0) != '/') {
            return new Accepted(path);
        }
        int query = path.indexOf('?');
        int end = query < 0 ? path.length() : query;
        String bare = query < 0 ? path : path.substring(0, end);
        String before = bare;
        boolean redirect = false;
        if (escapedSlashes != EscapedSlashes.KEEP && hasEscapedSlash(bare)) {
            if (escapedSlashes == EscapedSlashes.REJECT) {
                return ESCAPED;
            }
            redirect = escapedSlashes == EscapedSlashes.UNESCAPE_AND_REDIRECT;
            bare = unescapeSlashes(bare);
        }
        if (normalize && needsWork(bare)) {
            var normal = normal(bare);
            if (normal == null) {
                return ZERO;
            }
            bare = normal;
        }
        if (mergeSlashes && bare.contains("//")) {
            bare = merged(bare);
        }
        var all = bare.equals(before) ? path : query < 0 ? bare : bare + path.substring(end);
        return redirect ? new Redirected(all) : new Accepted(all);
    }

    private static boolean hasEscapedSlash(String path) {
        for (int at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at + 1)) {
            if (escapedSlash(path, at) != 0) {
                return true;
            }
        }
        return false;
    }

    /// @return the slash, or 0
    private static char escapedSlash(String path, int at) {
        if (at + 2 >= path.length()) {
            return 0;
        }
        char high = path.charAt(at + 1);
        int low = path.charAt(at + 2) | 0x20;
        if (high == '2' && low == 'f') {
            return '/';
        }
        return high == '5' && low == 'c' ? '\\' : 0;
    }

    private static String unescapeSlashes(String path) {
        var out = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            char slash = c == '%' ? escapedSlash(path, i) : 0;
            if (slash != 0) {
                i += 2;
            }
            out.append(slash != 0 ? slash : c);
        }
        return out.toString();
    }

    /// Most paths need none, and then nothing is allocated.
    private static boolean needsWork(String path) {
        char last = 0;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%' || c == '\\' || escaped(c) || (c == '.' && last == '/')) {
                return true;
            }
            last = c;
        }
        return false;
    }

    /// RFC 3986 section 6.2.2, as browsers do it: dot segments go, also where they are escaped;
    /// what needs no escape loses it; a backslash is a slash; `%00` is refused.
    private static @Nullable String normal(String path) {
        var out = new StringBuilder(path.length() + 8);
        int end = path.length();
        for (int i = 0; i < end; ) {
            char c = path.charAt(i);
            int dot = !out.isEmpty() && out.charAt(out.length() - 1) == '/' ? dot(path, i) : 0;
            if (dot > 0) {
                i = dotSegment(path, i + dot, out);
            } else if (c == '%') {
                int octet = octet(path, i);
                if (octet == 0) {
                    return null;
                }
                if (octet > 0 && unreserved(octet)) {
                    out.append((char) octet);
                    i += 3;
                } else {
                    out.append(c);
                    i++;
                }
            } else {
                append(out, c);
                i++;
            }
        }
        return out.toString();
    }

    private static void append(StringBuilder out, char c) {
        if (c == '\\') {
            out.append('/');
        } else if (escaped(c)) {
            out.append('%').append(HEX[c >> 4 & 15]).append(HEX[c & 15]);
        } else {
            out.append(c);
        }
    }

    /// After a dot that begins a segment.
    ///
    /// @return where to go on
    private static int dotSegment(String path, int at, StringBuilder out) {
        int end = path.length();
        if (at == end || slash(path.charAt(at))) {
            return Math.min(end, at + 1);
        }
        int second = dot(path, at);
        int after = at + second;
        if (second > 0 && (after == end || slash(path.charAt(after)))) {
            int up = out.length() - 1;
            while (up > 0 && out.charAt(up - 1) != '/') {
                up--;
            }
            out.setLength(Math.max(1, up));
            return Math.min(end, after + 1);
        }
        out.append('.');
        return at;
    }

    /// @return the length of the dot at `at`, escaped or not; 0 for none
    private static int dot(String path, int at) {
        if (at >= path.length()) {
            return 0;
        }
        if (path.charAt(at) == '.') {
            return 1;
        }
        return octet(path, at) == '.' ? 3 : 0;
    }

    /// @return what is escaped at `at`; -1 for no escape
    private static int octet(String path, int at) {
        if (path.charAt(at) != '%' || at + 2 >= path.length()) {
            return -1;
        }
        int high = Character.digit(path.charAt(at + 1), 16);
        int low = Character.digit(path.charAt(at + 2), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static boolean slash(char c) {
        return c == '/' || c == '\\';
    }

    private static boolean unreserved(int c) {
        int lower = c | 0x20;
        return (lower >= 'a' && lower <= 'z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '.'
                || c == '_'
                || c == '~';
    }

    private static boolean escaped(char c) {
        return switch (c) {
            case '"', '<', '>', '^', '`', '{', '|', '}' -> true;
            default -> c <= ' ' || c >= 127;
        };
    }

    private static String merged(String path) {
        var out = new StringBuilder(path.length()).append('/');
        boolean first = true;
        for (int from = 0; from < path.length(); ) {
            int end = path.indexOf('/', from);
            int stop = end < 0 ? path.length() : end;
            if (stop > from) {
                if (!first) {
                    out.append('/');
                }
                out.append(path, from, stop);
                first = false;
            }
            from = stop + 1;
        }
        if (path.charAt(path.length() - 1) == '/') {
            out.append('/');
        }
        return out.toString();
    }
}
