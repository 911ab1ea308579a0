package dev.ambit.ztunnel.dns;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.xbill.DNS.Name;

/// How a pod resolves names: whom it asks and what it appends.
///
/// @param nameservers in the order in which they are asked
/// @param search domains its own resolver appends to short names
/// @param attempts rounds through the name servers
/// @param origin where this was found
record Resolver(
        List<InetSocketAddress> nameservers,
        List<Name> search,
        Duration timeout,
        int attempts,
        Origin origin) {
    static final int PORT = 53;
    private static final int DEFAULT_ATTEMPTS = 2;

    Resolver {
        nameservers = List.copyOf(nameservers);
        search = List.copyOf(search);
    }

    enum Origin {
        /// The pod's own `resolv.conf`.
        POD,
        /// Assumed: Kubernetes' usual search list, and ztunnel's own name servers.
        ASSUMED
    }

    /// @param longest for a try, whatever the file says
    static Resolver of(ResolvConf conf, Duration longest) {
        return new Resolver(
                servers(conf.nameservers()),
                conf.search(),
                conf.timeout().filter(t -> t.compareTo(longest) < 0).orElse(longest),
                conf.attempts().orElse(DEFAULT_ATTEMPTS),
                Origin.POD);
    }

    /// What a pod has unless it says otherwise (`dnsPolicy: ClusterFirst`).
    Resolver assumedFor(String namespace, Name clusterDomain) {
        var services = KubeNames.append(Name.fromConstantString("svc."), clusterDomain);
        var own =
                KubeNames.absolute(namespace)
                        .flatMap(ns -> services.flatMap(s -> KubeNames.append(ns, s)));
        var assumed =
                java.util.stream.Stream.of(own, services, Optional.of(clusterDomain))
                        .flatMap(Optional::stream)
                        .toList();
        return new Resolver(nameservers, assumed, timeout, attempts, Origin.ASSUMED);
    }

    private static List<InetSocketAddress> servers(List<InetAddress> addresses) {
        return addresses.stream().map(ip -> new InetSocketAddress(ip, PORT)).toList();
    }
}
