package dev.ambit.control.l7.cluster;

import dev.ambit.control.resource.traffic.DestinationRule;
import dev.ambit.control.resource.traffic.TrafficPolicy;
import dev.ambit.control.resource.traffic.TrafficPolicy.PortPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Which settings are in effect for one port of one subset.
public final class TrafficPolicies {
    private TrafficPolicies() {}

    /// @param subset empty for the service as a whole
    /// @return {@link TrafficPolicy#NOTHING} when nothing is said
    public static TrafficPolicy of(Optional<DestinationRule> rule, int port, String subset) {
        return effective(rule, port, subset).orElse(TrafficPolicy.NOTHING);
    }

    /// Empty when nobody has said anything: a policy that says nothing is something else.
    static Optional<TrafficPolicy> effective(
            Optional<DestinationRule> rule, int port, String subset) {
        var whole = rule.flatMap(DestinationRule::policy).map(p -> forPort(p, port));
        var own =
                subset.isEmpty()
                        ? Optional.<TrafficPolicy>empty()
                        : rule.flatMap(r -> r.subset(subset))
                                .flatMap(DestinationRule.Subset::policy);
        if (own.isEmpty()) {
            return whole;
        }
        var part = forPort(own.get(), port);
        return whole.isEmpty()
                ? Optional.of(part)
                : Optional.of(over(part, whole.get(), own.get().port(port).isPresent()));
    }

    /// What is said for a port replaces the rest: nothing is inherited, also not a tunnel.
    private static TrafficPolicy forPort(TrafficPolicy policy, int port) {
        return policy.port(port)
                .map(p ->
                        new TrafficPolicy(
                                p.loadBalancer(),
                                p.connectionPool(),
                                p.outlierDetection(),
                                p.tls(),
                                List.of(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()))
                .orElse(policy);
    }

    /// @param whole the four parts that a port can have are taken from `upper` alone
    private static TrafficPolicy over(TrafficPolicy upper, TrafficPolicy lower, boolean whole) {
        return new TrafficPolicy(
                whole ? upper.loadBalancer() : upper.loadBalancer().or(lower::loadBalancer),
                whole ? upper.connectionPool() : upper.connectionPool().or(lower::connectionPool),
                whole
                        ? upper.outlierDetection()
                        : upper.outlierDetection().or(lower::outlierDetection),
                whole ? upper.tls() : upper.tls().or(lower::tls),
                List.of(),
                upper.tunnel().or(lower::tunnel),
                upper.proxyProtocol().or(lower::proxyProtocol),
                upper.retryBudget().or(lower::retryBudget));
    }

    /// The policy of a rule that a younger one for the same host is merged under: the older one's,
    /// if it has any. What stands for Gateway API's policies only fills gaps, whatever its age.
    static Optional<TrafficPolicy> under(DestinationRule older, DestinationRule younger) {
        boolean olderMade = GatewayPolicies.made(older);
        boolean youngerMade = GatewayPolicies.made(younger);
        if (olderMade == youngerMade) {
            return older.policy().or(younger::policy);
        }
        var user = olderMade ? younger.policy() : older.policy();
        var backend = olderMade ? older.policy() : younger.policy();
        if (user.isEmpty() || backend.isEmpty()) {
            return user.or(() -> backend);
        }
        return Optional.of(
                over(user.get(), backend.get(), false)
                        .withPorts(ports(user.get().ports(), backend.get().ports())));
    }

    private static List<PortPolicy> ports(List<PortPolicy> user, List<PortPolicy> backend) {
        var merged = new ArrayList<PortPolicy>();
        for (var own : user) {
            var other = backend.stream().filter(b -> b.port() == own.port()).findFirst();
            merged.add(other.map(o -> over(own, o)).orElse(own));
        }
        backend.stream()
                .filter(b -> user.stream().noneMatch(u -> u.port() == b.port()))
                .forEach(merged::add);
        return merged;
    }

    private static PortPolicy over(PortPolicy upper, PortPolicy lower) {
        return new PortPolicy(
                upper.port(),
                upper.loadBalancer().or(lower::loadBalancer),
                upper.connectionPool().or(lower::connectionPool),
                upper.outlierDetection().or(lower::outlierDetection),
                upper.tls().or(lower::tls));
    }
}
