package dev.ambit.waypoint.upstream;

import org.jspecify.annotations.Nullable;

/// `host:port`, `[v6]:port`, or without a port (RFC 3986 section 3.2).
///
/// @param host without brackets
/// @param port the default where none is said
record HostPort(String host, int port) {
    private static final int MAX_PORT = 65_535;

    /// Null for what is neither.
    static @Nullable HostPort parse(String text, int defaultPort) {
        if (text.startsWith("[")) {
            int end = text.indexOf(']');
            if (end < 0) {
                return null;
            }
            var host = text.substring(1, end);
            return end + 1 == text.length()
                    ? of(host, defaultPort)
                    : text.charAt(end + 1) == ':' ? of(host, text.substring(end + 2)) : null;
        }
        int colon = text.indexOf(':');
        if (colon < 0) {
            return of(text, defaultPort);
        }
        return text.indexOf(':', colon + 1) < 0
                ? of(text.substring(0, colon), text.substring(colon + 1))
                : of(text, defaultPort);
    }

    private static @Nullable HostPort of(String host, int port) {
        return host.isEmpty() ? null : new HostPort(host, port);
    }

    private static @Nullable HostPort of(String host, String port) {
        if (port.isEmpty() || port.length() > 5) {
            return null;
        }
        int value = 0;
        for (int i = 0; i < port.length(); i++) {
            int digit = port.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return null;
            }
            value = value * 10 + digit;
        }
        return value > MAX_PORT ? null : of(host, value);
    }
}
