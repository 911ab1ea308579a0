package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.List;
import java.util.Optional;

/// What one HTTP filter chain enforces. The three lists stand in three places of the chain.
///
/// @param custom before everything else: who is asked outside
/// @param jwt after extensions of phase AUTHN
/// @param rules after extensions of phase AUTHZ: AUDIT, DENY, ALLOW
public record HttpAuthorization(
        List<HttpFilter> custom, List<HttpFilter> jwt, List<HttpFilter> rules) {

    private static final Form FORM = new Form(true, Form.PeerFrom.FILTER_STATE);

    public HttpAuthorization {
        custom = List.copyOf(custom);
        jwt = List.copyOf(jwt);
        rules = List.copyOf(rules);
    }

    /// @param service empty for traffic to workloads, which only what is attached to the waypoint
    ///   concerns
    public static HttpAuthorization of(WaypointScope scope, Optional<MeshService> service) {
        var model = scope.model();
        var index = model.policies();
        var policies = index.authorization(scope.node(), service);
        var filters = new PolicyFilters<>(Filters.HTTP, FORM, index.trust());
        return new HttpAuthorization(
                filters.custom(
                        policies, index.providers(), model.settings().multipleCustomProviders()),
                JwtFilter.of(index.authentication(scope.node(), service), model).stream().toList(),
                filters.rules(policies));
    }
}
