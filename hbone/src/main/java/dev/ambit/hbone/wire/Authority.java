package dev.ambit.hbone.wire;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/// The `:authority` of a CONNECT: `host:port`, with no default port (RFC 9110 section 9.3.6).
public sealed interface Authority {
    record Address(InetSocketAddress address) implements Authority {}

    record Name(String host, int port) implements Authority {}

    /// @param reason what was expected
    record Invalid(String reason) implements Authority {}

    /// A name as in RFC 1035, no longer than 253 characters.
    int MAX_HOST = 253;

    static Authority parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0) {
            return new Invalid("expected host:port");
        }
        int port = port(text.substring(colon + 1));
        if (port < 0) {
            return new Invalid("expected a port from 1 to 65535");
        }
        var host = text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        }
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
        if (bytes != null) {
            if ((bytes.length == 16) != bracketed || host.indexOf('%') >= 0) {
                return new Invalid("expected an IPv6 address, and only that, in brackets");
            }
            return new Address(new InetSocketAddress(address(bytes), port));
        }
        if (bracketed || !isName(host)) {
            return new Invalid("expected an address or a host name before the port");
        }
        return new Name(host, port);
    }

    private static int port(String digits) {
        if (digits.isEmpty() || digits.length() > 5) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value >= 1 && value <= 65_535 ? value : -1;
    }

    private static boolean isName(String host) {
        if (host.isEmpty() || host.length() > MAX_HOST) {
            return false;
        }
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            boolean allowed =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || c == '-'
                            || c == '.'
                            || c == '_';
            if (!allowed) {
                return false;
            }
        }
        return true;
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new AssertionError("4 or 16 bytes", impossible);
        }
    }
}
