package dev.ambit.control.l7.endpoint;

import dev.ambit.control.compile.MeshModel.RemoteGateway;
import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.resource.Addresses;
import java.net.Inet4Address;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/// How endpoints are reached across networks: those of the proxy's own directly, the others through
/// a gateway of their network, if the proxy may and can.
final class NetworkSplit {
    private final List<RemoteGateway> gateways;
    private final WaypointNode node;
    private final boolean enabled;
    private final boolean crosses;
    private final long scale;

    /// @param multiNetwork gateways are needed even if none is known
    /// @param crosses waypoints may call other networks
    NetworkSplit(
            List<RemoteGateway> gateways,
            WaypointNode node,
            boolean multiNetwork,
            boolean crosses) {
        this.gateways = gateways;
        this.node = node;
        this.enabled = multiNetwork || !gateways.isEmpty();
        this.crosses = crosses;
        this.scale = scale(gateways);
    }

    sealed interface Way {}

    record Direct() implements Way {}

    record Through(List<RemoteGateway> gateways) implements Way {
        Through {
            gateways = List.copyOf(gateways);
        }
    }

    record Unreachable() implements Way {}

    /// Whether there is more than one network to think of.
    boolean enabled() {
        return enabled;
    }

    /// What weights are multiplied by, so that they can be divided by the gateways of any network.
    long scale() {
        return enabled ? scale : 1;
    }

    Way to(String network, String cluster) {
        if (!enabled) {
            return new Direct();
        }
        var known = choose(network, cluster);
        boolean here = inNetwork(network);
        var reachable = known.stream().filter(this::speaks).toList();
        if (!here && ((!crosses && !node.eastWest()) || reachable.isEmpty())) {
            return new Unreachable();
        }
        // A proxy that does not know its own network takes the gateway of a named one.
        boolean named = node.network().isEmpty() && !network.isEmpty() && !known.isEmpty();
        if (!named && (here || known.isEmpty())) {
            return new Direct();
        }
        return reachable.isEmpty() ? new Unreachable() : new Through(reachable);
    }

    private boolean inNetwork(String network) {
        return network.isEmpty() || node.network().isEmpty() || network.equals(node.network());
    }

    /// Those of the endpoint's own cluster, else of its network.
    private List<RemoteGateway> choose(String network, String cluster) {
        var ofNetwork = gateways.stream().filter(g -> g.network().equals(network)).toList();
        var ofCluster = ofNetwork.stream().filter(g -> g.cluster().equals(cluster)).toList();
        return (ofCluster.isEmpty() ? ofNetwork : ofCluster)
                .stream()
                        .sorted(
                                Comparator.comparing(RemoteGateway::address)
                                        .thenComparing(RemoteGateway::port))
                        .toList();
    }

    private boolean speaks(RemoteGateway gateway) {
        var address = Addresses.ip(gateway.address());
        return address.isPresent()
                && (address.get() instanceof Inet4Address ? node.ipv4() : node.ipv6());
    }

    private static long scale(List<RemoteGateway> gateways) {
        var perNetwork =
                gateways.stream()
                        .collect(
                                Collectors.groupingBy(
                                        RemoteGateway::network, Collectors.counting()));
        var perCluster =
                gateways.stream()
                        .collect(
                                Collectors.groupingBy(
                                        g -> List.of(g.network(), g.cluster()),
                                        Collectors.counting()));
        return multiple(multiple(1, perNetwork.values()), perCluster.values());
    }

    private static long multiple(long start, Collection<Long> counts) {
        long least = start;
        for (long count : counts) {
            least = least / divisor(least, count) * count;
        }
        return least;
    }

    private static long divisor(long a, long b) {
        return b == 0 ? a : divisor(b, a % b);
    }
}
