package dev.ambit.control.l7.route;

import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.resource.route.RouteParts.Destination;
import dev.ambit.control.resource.traffic.DestinationRule;
import dev.ambit.control.resource.traffic.LoadBalancer;
import dev.ambit.control.resource.traffic.LoadBalancer.ConsistentHash;
import dev.ambit.control.resource.traffic.LoadBalancer.HashKey;
import dev.ambit.control.resource.traffic.TrafficPolicy;
import io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy;
import java.util.Optional;

/// What of a request decides about its endpoint, where a DestinationRule says so.
final class Hashes {
    private Hashes() {}

    /// Of a route's destination: its subset's for the port, its subset's, the port's, the host's;
    /// the port only where the route names it.
    static Optional<ConsistentHash> of(WaypointScope scope, Destination to) {
        var rule =
                Destinations.service(scope, to.host())
                        .flatMap(s -> scope.model().rules().find(scope, s));
        if (rule.isEmpty()) {
            return Optional.empty();
        }
        var whole = rule.flatMap(DestinationRule::policy);
        var subset =
                rule.flatMap(r -> r.subset(to.subset())).flatMap(DestinationRule.Subset::policy);
        return ofPort(subset, to.port())
                .or(() -> ofAll(subset))
                .or(() -> ofPort(whole, to.port()))
                .or(() -> ofAll(whole));
    }

    static Optional<ConsistentHash> ofAll(Optional<TrafficPolicy> policy) {
        return policy.flatMap(TrafficPolicy::loadBalancer).flatMap(LoadBalancer::hash);
    }

    private static Optional<ConsistentHash> ofPort(Optional<TrafficPolicy> policy, int port) {
        return policy.flatMap(p -> p.port(port))
                .flatMap(TrafficPolicy.PortPolicy::loadBalancer)
                .flatMap(LoadBalancer::hash);
    }

    static Optional<HashPolicy> policy(ConsistentHash hash) {
        return hash.key().map(Hashes::policy);
    }

    private static HashPolicy policy(HashKey key) {
        var policy = HashPolicy.newBuilder();
        switch (key) {
            case HashKey.Header header ->
                    policy.setHeader(HashPolicy.Header.newBuilder().setHeaderName(header.name()));
            case HashKey.Cookie cookie -> policy.setCookie(cookie(cookie));
            case HashKey.SourceIp ip ->
                    policy.setConnectionProperties(
                            HashPolicy.ConnectionProperties.newBuilder().setSourceIp(true));
            case HashKey.QueryParameter query ->
                    policy.setQueryParameter(
                            HashPolicy.QueryParameter.newBuilder().setName(query.name()));
        }
        return policy.build();
    }

    private static HashPolicy.Cookie cookie(HashKey.Cookie cookie) {
        var built = HashPolicy.Cookie.newBuilder().setName(cookie.name()).setPath(cookie.path());
        cookie.ttl().ifPresent(t -> built.setTtl(Protos.duration(t)));
        for (var attribute : cookie.attributes()) {
            built.addAttributes(
                    HashPolicy.CookieAttribute.newBuilder()
                            .setName(attribute.name())
                            .setValue(attribute.value()));
        }
        return built.build();
    }
}
