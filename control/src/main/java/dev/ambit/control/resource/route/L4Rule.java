package dev.ambit.control.resource.route;

import dev.ambit.control.resource.route.RouteParts.L4Target;
import java.util.List;
import java.util.Map;

/// Where connections go that one of the matches is for.
///
/// @param matches none: all connections
public record L4Rule(List<L4Match> matches, List<L4Target> targets) {
    public L4Rule {
        matches = List.copyOf(matches);
        targets = List.copyOf(targets);
    }

    /// @param sniHosts of TLS routes
    /// @param port 0: any
    /// @param subnets `destinationSubnets` and `sourceSubnet`, which no waypoint looks at
    public record L4Match(
            List<String> sniHosts,
            int port,
            Map<String, String> sourceLabels,
            String sourceNamespace,
            List<String> gateways,
            List<String> subnets) {
        public L4Match {
            sniHosts = List.copyOf(sniHosts);
            sourceLabels = Map.copyOf(sourceLabels);
            gateways = List.copyOf(gateways);
            subnets = List.copyOf(subnets);
        }

        public L4Match withSniHosts(List<String> others) {
            return new L4Match(others, port, sourceLabels, sourceNamespace, gateways, subnets);
        }

        public L4Match withPort(int other) {
            return new L4Match(sniHosts, other, sourceLabels, sourceNamespace, gateways, subnets);
        }

        public static L4Match of(List<String> sniHosts) {
            return new L4Match(sniHosts, 0, Map.of(), "", List.of(), List.of());
        }
    }
}
