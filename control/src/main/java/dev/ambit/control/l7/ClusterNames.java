package dev.ambit.control.l7;

import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.Protocol;
import java.util.Optional;

/// Names that clusters, filter chains, route configurations and endpoint sets share:
/// `direction|port|subset|host`.
public final class ClusterNames {
    private ClusterNames() {}

    /// Of a service that the waypoint stands before.
    ///
    /// @param subset of a DestinationRule, else empty
    public static String inbound(MeshService service, int port, boolean http, String subset) {
        return inbound(service.hostname(), port, http, subset);
    }

    public static String inbound(String host, int port, boolean http, String subset) {
        var kind = http ? "http" : "tcp";
        return "inbound-vip|"
                + port
                + "|"
                + (subset.isEmpty() ? kind : kind + "/" + subset)
                + "|"
                + host;
    }

    /// The one that carries HTTP where the port may be HTTP.
    public static String inbound(MeshService service, int port, Protocol protocol, String subset) {
        return inbound(service, port, protocol.mayBeHttp(), subset);
    }

    /// Of a host that the waypoint only calls.
    public static String outbound(int port, String subset, String host) {
        return "outbound|" + port + "|" + subset + "|" + host;
    }

    /// @param subset of a DestinationRule, else empty
    public record Parts(boolean inbound, int port, String subset, String host) {}

    /// The host in a name of the forms above.
    public static String host(String name) {
        return name.substring(name.lastIndexOf('|') + 1);
    }

    /// Takes a name of the forms above apart; empty for every other.
    public static Optional<Parts> parse(String name) {
        var parts = name.split("\\|", -1);
        boolean inbound = parts[0].equals("inbound-vip");
        if (parts.length != 4
                || !(inbound || parts[0].equals("outbound"))
                || !parts[1].matches("\\d{1,5}")) {
            return Optional.empty();
        }
        var subset = inbound ? parts[2].replaceFirst("^(http|tcp)/?", "") : parts[2];
        return Optional.of(new Parts(inbound, Integer.parseInt(parts[1]), subset, parts[3]));
    }
}
