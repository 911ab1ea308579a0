package dev.ambit.control.resource;

import dev.ambit.mesh.model.Cidr;
import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/// Address literals. Never asks DNS.
public final class Addresses {
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    private Addresses() {}

    public static Optional<InetAddress> ip(String text) {
        // The JDK's IPv4 parser also takes "1.2"; a zone id would make an address that never
        // matches.
        boolean v6 = text.indexOf(':') >= 0 && text.indexOf('%') < 0 && text.indexOf('[') < 0;
        if (!v6 && !IPV4.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException notAnAddress) {
            return Optional.empty();
        }
    }

    /// An address or `address/prefix length`; an address alone is a range of one.
    public static Optional<Cidr> range(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return ip(text).map(a -> new Cidr(a, a.getAddress().length * 8));
        }
        try {
            int length = Integer.parseInt(text.substring(slash + 1));
            return ip(text.substring(0, slash)).map(a -> new Cidr(a, length));
        } catch (IllegalArgumentException badLength) {
            return Optional.empty();
        }
    }
}
