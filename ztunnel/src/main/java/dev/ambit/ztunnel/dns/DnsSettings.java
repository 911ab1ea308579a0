package dev.ambit.ztunnel.dns;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.xbill.DNS.Name;
import org.xbill.DNS.TextParseException;

/// What the environment says about the DNS proxy.
///
/// @param capture whether it runs; `ISTIO_META_DNS_CAPTURE`
/// @param listen where, in each pod; `ISTIO_META_DNS_PROXY_ADDR`
/// @param clusterDomain `CLUSTER_DOMAIN`
/// @param preferredNamespace whose services win where neither the client's own nor a canonical one
///   has the name; `PREFERED_SERVICE_NAMESPACE`
/// @param ipv6 whether AAAA records are given and the IPv6 loopback is listened on
public record DnsSettings(
        boolean capture,
        Listen listen,
        Name clusterDomain,
        Optional<String> preferredNamespace,
        boolean ipv6) {
    public static final int PORT = 15053;

    /// Where the proxy listens in a pod.
    public sealed interface Listen {
        /// 127.0.0.1, and ::1 where the pod has it.
        record Localhost(int port) implements Listen {}

        record At(InetSocketAddress address) implements Listen {}

        /// @param text `localhost:15053` or `address:port`, IPv6 in brackets
        /// @return empty if it is neither
        static Optional<Listen> parse(String text) {
            int colon = text.lastIndexOf(':');
            if (colon < 1 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
                return Optional.empty();
            }
            int port = Integer.parseInt(text.substring(colon + 1));
            var host = text.substring(0, colon);
            if (port > 65_535) {
                return Optional.empty();
            }
            if (host.equals("localhost")) {
                return Optional.of(new Localhost(port));
            }
            boolean bracketed = host.startsWith("[") && host.endsWith("]");
            var literal = bracketed ? host.substring(1, host.length() - 1) : host;
            if (literal.contains(":") != bracketed) {
                return Optional.empty();
            }
            try {
                return Optional.of(
                        new At(new InetSocketAddress(InetAddress.ofLiteral(literal), port)));
            } catch (IllegalArgumentException notAnAddress) {
                return Optional.empty();
            }
        }
    }

    /// @return empty if it is no DNS name
    public static Optional<Name> domain(String text) {
        try {
            return text.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Name.fromString(text, Name.root));
        } catch (TextParseException noName) {
            return Optional.empty();
        }
    }
}
