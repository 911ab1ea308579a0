package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.TargetRef;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/// Policies of one kind by what they are attached to.
///
/// @param <P> their kind
final class Attachments<P extends Resource> {
    /// The class of which a policy concerns every waypoint, whatever the waypoint's own is.
    static final String ANY_WAYPOINT = "istio-waypoint";

    private static final String CLASS_LABEL = "gateway.networking.k8s.io/gateway-class-name";

    private final String rootNamespace;
    private final Map<Key, List<P>> byTarget = new HashMap<>();
    private final Map<String, List<Selecting<P>>> bySelector = new HashMap<>();
    private final Map<String, List<P>> everywhere = new HashMap<>();
    private final Map<P, Integer> order = new HashMap<>();

    /// @param kind `Service`, `ServiceEntry`, `Gateway`, or `GatewayClass` without a namespace
    private record Key(String kind, String namespace, String name) {}

    private record Selecting<P>(P policy, Map<String, String> labels) {}

    /// @param policies oldest first
    /// @param unbounded concerns every waypoint of its namespace (of the root namespace: every
    ///   waypoint), because it is not known what it is attached to
    Attachments(
            List<P> policies,
            String rootNamespace,
            Function<P, List<TargetRef>> targets,
            Function<P, Optional<Map<String, String>>> selector,
            Predicate<P> unbounded) {
        this.rootNamespace = rootNamespace;
        for (var policy : policies) {
            order.put(policy, order.size());
            for (var target : targets.apply(policy)) {
                key(policy.meta(), target)
                        .ifPresent(k ->
                                byTarget.computeIfAbsent(k, x -> new ArrayList<>()).add(policy));
            }
            if (unbounded.test(policy)) {
                everywhere
                        .computeIfAbsent(policy.meta().namespace(), n -> new ArrayList<>())
                        .add(policy);
            } else if (targets.apply(policy).isEmpty()) {
                bySelector
                        .computeIfAbsent(policy.meta().namespace(), n -> new ArrayList<>())
                        .add(new Selecting<>(policy, selector.apply(policy).orElse(Map.of())));
            }
        }
    }

    private Optional<Key> key(Meta meta, TargetRef target) {
        var namespace = meta.namespace();
        boolean elsewhere = !target.namespace().isEmpty() && !target.namespace().equals(namespace);
        return switch (target.canonicalGroup() + "/" + target.kind()) {
            case "core/Service" -> Optional.of(new Key("Service", namespace, target.name()));
            case "networking.istio.io/ServiceEntry" ->
                    Optional.of(new Key("ServiceEntry", namespace, target.name()));
            case "gateway.networking.k8s.io/Gateway" ->
                    elsewhere
                            ? Optional.empty()
                            : Optional.of(new Key("Gateway", namespace, target.name()));
            case "gateway.networking.k8s.io/GatewayClass" ->
                    namespace.equals(rootNamespace)
                            ? Optional.of(new Key("GatewayClass", "", target.name()))
                            : Optional.empty();
            default -> Optional.empty();
        };
    }

    /// What concerns a chain of a waypoint: of the class, of the Gateway, and of the service. By
    /// namespace (the waypoint's, the root, the service's), then oldest first.
    ///
    /// @param service empty for traffic to workloads
    List<P> at(WaypointNode node, Optional<MeshService> service) {
        return at(
                node.namespace(),
                node.gateway(),
                node.labels().getOrDefault(CLASS_LABEL, ""),
                service);
    }

    /// @param className of the waypoint, empty when it is not known
    List<P> at(String namespace, String gateway, String className, Optional<MeshService> service) {
        var found = new LinkedHashSet<P>();
        found.addAll(of("GatewayClass", "", ANY_WAYPOINT));
        found.addAll(of("GatewayClass", "", className));
        found.addAll(of("Gateway", namespace, gateway));
        found.addAll(everywhere.getOrDefault(rootNamespace, List.of()));
        found.addAll(everywhere.getOrDefault(namespace, List.of()));
        service.ifPresent(s -> found.addAll(everywhere.getOrDefault(s.namespace(), List.of())));
        service.ifPresent(s -> found.addAll(of(kind(s), s.namespace(), s.resource())));
        return sorted(found, namespace);
    }

    private static String kind(MeshService service) {
        return switch (service.source()) {
            case KUBERNETES -> "Service";
            case SERVICE_ENTRY -> "ServiceEntry";
        };
    }

    private List<P> of(String kind, String namespace, String name) {
        return byTarget.getOrDefault(new Key(kind, namespace, name), List.of());
    }

    /// What concerns the waypoint's pod as any other workload: chosen by labels or by nothing, and
    /// what is attached to its Gateway.
    List<P> selecting(WaypointNode node) {
        var found = new LinkedHashSet<P>();
        for (var namespace : new LinkedHashSet<>(List.of(rootNamespace, node.namespace()))) {
            for (var selecting : bySelector.getOrDefault(namespace, List.of())) {
                if (node.labels().entrySet().containsAll(selecting.labels().entrySet())) {
                    found.add(selecting.policy());
                }
            }
        }
        found.addAll(of("Gateway", node.namespace(), node.gateway()));
        return sorted(found, node.namespace());
    }

    private List<P> sorted(Set<P> found, String own) {
        return found.stream()
                .sorted(
                        Comparator.comparingInt((P p) -> rank(p.meta().namespace(), own))
                                .thenComparing(order::get))
                .toList();
    }

    private int rank(String namespace, String own) {
        if (namespace.equals(own)) {
            return 0;
        }
        return namespace.equals(rootNamespace) ? 1 : 2;
    }
}
