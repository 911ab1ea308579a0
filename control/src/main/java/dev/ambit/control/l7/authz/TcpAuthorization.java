package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import java.util.List;
import java.util.Optional;

/// What one TCP filter chain enforces. The two lists stand in two places of the chain.
///
/// @param custom before everything else: who is asked outside
/// @param rules after extensions of phase AUTHZ: AUDIT, DENY, ALLOW
public record TcpAuthorization(List<Filter> custom, List<Filter> rules) {

    private static final Form FORM = new Form(false, Form.PeerFrom.FILTER_STATE);

    public TcpAuthorization {
        custom = List.copyOf(custom);
        rules = List.copyOf(rules);
    }

    /// @param service empty for traffic to workloads, which only what is attached to the waypoint
    ///   concerns
    public static TcpAuthorization of(WaypointScope scope, Optional<MeshService> service) {
        var model = scope.model();
        var index = model.policies();
        var policies = index.authorization(scope.node(), service);
        var filters = new PolicyFilters<>(Filters.TCP, FORM, index.trust());
        return new TcpAuthorization(
                filters.custom(
                        policies, index.providers(), model.settings().multipleCustomProviders()),
                filters.rules(policies));
    }
}
