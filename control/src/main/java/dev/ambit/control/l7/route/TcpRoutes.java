package dev.ambit.control.l7.route;

import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.ServicePort;
import dev.ambit.control.resource.route.L4Rule;
import dev.ambit.control.resource.route.L4Rule.L4Match;
import dev.ambit.control.resource.route.RouteParts.L4Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Where connections of a TCP chain go.
public final class TcpRoutes {
    private TcpRoutes() {}

    /// @param settingsHost whose DestinationRule has the settings of the chain's `tcp_proxy`
    /// @param settingsSubset of that rule, empty for none
    public record TcpRoute(Target target, String settingsHost, String settingsSubset) {}

    public sealed interface Target {}

    /// One cluster.
    public record Single(String cluster) implements Target {}

    /// Several, none with weight 0.
    public record Weighted(List<Share> shares) implements Target {
        public Weighted {
            shares = List.copyOf(shares);
        }
    }

    public record Share(String cluster, int weight) {}

    /// Of a port of a service that the waypoint stands before: TLS routes first, then TCP routes;
    /// of each the first rule with a match.
    public static TcpRoute of(WaypointScope scope, MeshService service, ServicePort port) {
        var tables = scope.model().routes().of(service, scope.node().namespace());
        var targets =
                tables.stream()
                        .flatMap(t -> first(t.tls(), m -> isFor(m, service, port)).stream())
                        .findFirst()
                        .or(() ->
                                tables.stream()
                                        .flatMap(t ->
                                                first(t.tcp(), m -> isFor(m, port.number()))
                                                        .stream())
                                        .findFirst())
                        .orElse(List.of());
        if (targets.isEmpty()) {
            return new TcpRoute(
                    new Single(ClusterNames.inbound(service, port.number(), false, "")),
                    service.hostname(),
                    "");
        }
        var first = targets.getFirst().destination();
        if (targets.size() == 1) {
            return new TcpRoute(
                    new Single(Destinations.cluster(scope, first, port.number())),
                    first.host(),
                    first.subset());
        }
        var shares = new ArrayList<Share>();
        for (var target : targets) {
            if (target.weight() > 0) {
                shares.add(
                        new Share(
                                Destinations.cluster(scope, target.destination(), port.number()),
                                target.weight()));
            }
        }
        return new TcpRoute(new Weighted(shares), first.host(), "");
    }

    private static Optional<List<L4Target>> first(
            List<L4Rule> rules, java.util.function.Predicate<L4Match> matches) {
        return rules.stream()
                .filter(r -> r.matches().isEmpty() || r.matches().stream().anyMatch(matches))
                .map(L4Rule::targets)
                .findFirst();
    }

    /// Chains are not told apart by the server name that a client asks for: a TLS match counts if
    /// it is for this service's own name alone.
    private static boolean isFor(L4Match match, MeshService service, ServicePort port) {
        return match.sniHosts().equals(List.of(service.hostname())) && isFor(match, port.number());
    }

    private static boolean isFor(L4Match match, int port) {
        return (match.port() == 0 || match.port() == port)
                && match.sourceLabels().isEmpty()
                && match.sourceNamespace().isEmpty()
                && (match.gateways().isEmpty() || match.gateways().contains("mesh"));
    }
}
