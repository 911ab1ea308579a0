package dev.ambit.control.l7.listener;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.extend.Extension;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.Optional;

/// In place of extensions that decide who is let in and that can't run here: nobody is.
final class Refusals {
    private static final String NAME = "ambit.extension_refused";
    private static final RBAC NOBODY = RBAC.newBuilder().setAction(RBAC.Action.ALLOW).build();

    static final HttpFilter HTTP =
            Filters.http(
                    NAME,
                    io.envoyproxy
                            .envoy
                            .extensions
                            .filters
                            .http
                            .rbac
                            .v3
                            .RBAC
                            .newBuilder()
                            .setRules(NOBODY)
                            .build());
    static final Filter TCP =
            Filters.network(
                    NAME,
                    io.envoyproxy
                            .envoy
                            .extensions
                            .filters
                            .network
                            .rbac
                            .v3
                            .RBAC
                            .newBuilder()
                            .setStatPrefix("tcp.")
                            .setRules(NOBODY)
                            .build());

    private Refusals() {}

    static boolean needed(
            WaypointScope scope, Optional<MeshService> service, Extension.Layer layer) {
        return scope.model().extensions().of(scope, service).stream()
                .filter(e -> e.absence() == Extension.Absence.REFUSE)
                .anyMatch(e -> e.layer() == layer || e.layer() == Extension.Layer.BOTH);
    }
}
