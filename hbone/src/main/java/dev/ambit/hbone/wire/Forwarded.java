package dev.ambit.hbone.wire;

import java.util.Optional;

/// The `forwarded` header (RFC 7239) as ambient proxies use it: the client's address, and the
/// service that it addressed. For telemetry only.
public final class Forwarded {
    private Forwarded() {}

    /// @param client `10.0.0.1:1234` or `[2001:db8::1]:1234`
    /// @param host hostname of the service that was addressed, if it was one
    public static String encode(String client, Optional<String> host) {
        var base = "for=\"" + client + "\"";
        return host.isPresent() ? base + ";host=" + host.get() : base;
    }

    /// The `host` parameter of the first element that has one; RFC 7239 section 4 makes the name
    /// case-insensitive and lets the value be quoted.
    public static Optional<String> host(String header) {
        for (int i = 0; i < header.length(); i++) {
            if (header.charAt(i) > 0x7e) {
                return Optional.empty();
            }
        }
        for (var part : header.split("[;,]", -1)) {
            var text = part.strip();
            if (text.regionMatches(true, 0, "host=", 0, 5)) {
                var value = unquote(text.substring(5));
                return value.isEmpty() ? Optional.empty() : Optional.of(value);
            }
        }
        return Optional.empty();
    }

    private static String unquote(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }
}
