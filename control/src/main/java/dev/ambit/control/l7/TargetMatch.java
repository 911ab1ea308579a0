package dev.ambit.control.l7;

import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.TargetRef;
import java.util.List;
import java.util.Optional;

/// Whether what a policy names is a waypoint or something that it stands before. A selector never
/// means a waypoint.
public final class TargetMatch {
    private static final String GATEWAYS = "gateway.networking.k8s.io";

    private TargetMatch() {}

    /// @param namespace of the policy
    /// @param service whose chain is asked for; empty: the waypoint itself
    public static boolean match(
            List<TargetRef> targets,
            String namespace,
            WaypointScope scope,
            Optional<MeshService> service) {
        return targets.stream()
                .anyMatch(t ->
                        service.filter(s -> isService(t, namespace, s)).isPresent()
                                || isWaypoint(t, namespace, scope));
    }

    private static boolean isService(TargetRef target, String namespace, MeshService service) {
        boolean kind =
                switch (service.source()) {
                    case KUBERNETES ->
                            target.kind().equals("Service")
                                    && (target.group().isEmpty() || target.group().equals("core"));
                    case SERVICE_ENTRY ->
                            target.kind().equals("ServiceEntry")
                                    && target.group().equals("networking.istio.io");
                };
        return kind
                && target.name().equals(service.resource())
                && namespace.equals(service.namespace());
    }

    private static boolean isWaypoint(TargetRef target, String namespace, WaypointScope scope) {
        if (!target.group().equals(GATEWAYS)) {
            return false;
        }
        var node = scope.node();
        return switch (target.kind()) {
            case "GatewayClass" ->
                    Names.WAYPOINT_CLASSES.contains(target.name())
                            && namespace.equals(scope.model().input().mesh().rootNamespace());
            case "Gateway" ->
                    target.name().equals(node.gateway())
                            && namespace.equals(node.namespace())
                            && (target.namespace().isEmpty()
                                    || target.namespace().equals(node.namespace()));
            default -> false;
        };
    }
}
