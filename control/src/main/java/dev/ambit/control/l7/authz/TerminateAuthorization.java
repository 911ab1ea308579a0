package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.WaypointScope;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.List;

/// What is enforced where tunnels end, before it is known whom a request is for: policies that
/// concern the waypoint's own pod, in their L4 part. Only with {@link
/// dev.ambit.control.l7.L7Settings#layeredAuthorization}.
public final class TerminateAuthorization {
    /// Rules on connections, in a filter on the request that opens the tunnel: so that it can be
    /// answered.
    private static final Form FORM = new Form(false, Form.PeerFrom.CERTIFICATE);

    private TerminateAuthorization() {}

    public static List<HttpFilter> of(WaypointScope scope) {
        if (!scope.model().settings().layeredAuthorization()) {
            return List.of();
        }
        var index = scope.model().policies();
        return new PolicyFilters<>(Filters.HTTP, FORM, index.trust())
                .rules(index.selecting(scope.node()));
    }
}
