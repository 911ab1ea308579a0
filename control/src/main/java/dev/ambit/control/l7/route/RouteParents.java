package dev.ambit.control.l7.route;

import dev.ambit.control.l7.route.RouteStatus.Condition;
import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.GatewayClass;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Namespace;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.Service;
import dev.ambit.control.resource.ServiceEntry;
import dev.ambit.control.resource.route.ParentRef;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Services and ServiceEntries that Gateway API routes are attached to.
final class RouteParents {
    private static final Set<String> CONTROLLERS =
            Set.of("istio.io/mesh-controller", "istio.io/gateway-controller");

    private final Map<String, Meta> services = new HashMap<>();
    private final Map<String, Meta> entries = new HashMap<>();
    private final Map<String, Meta> namespaces = new HashMap<>();
    private final Map<String, Gateway> gateways = new HashMap<>();
    private final Map<String, GatewayClass> classes = new HashMap<>();

    RouteParents(ResourceSet input) {
        input.all(Service.class).forEach(s -> services.put(s.meta().path(), s.meta()));
        input.all(ServiceEntry.class).forEach(e -> entries.put(e.meta().path(), e.meta()));
        input.all(Namespace.class).forEach(n -> namespaces.put(n.meta().name(), n.meta()));
        input.all(Gateway.class).forEach(g -> gateways.put(g.meta().path(), g));
        input.all(GatewayClass.class).forEach(c -> classes.put(c.meta().name(), c));
    }

    /// @param waypoint it, or its namespace, asks for one: else the route has no effect
    record Parent(ParentRef ref, boolean exists, boolean waypoint) {
        RouteStatus.Parent status(Optional<Backends.Wrong> wrong) {
            var kind = ref.isService() ? "service" : "service entry";
            var accepted =
                    exists
                            ? new Condition("Accepted", true, "Accepted", "Route was valid")
                            : new Condition(
                                    "Accepted",
                                    false,
                                    "NoMatchingParent",
                                    "parent %s: \"%s\" not found".formatted(kind, ref.name()));
            var resolved =
                    wrong.map(w -> new Condition("ResolvedRefs", false, w.reason(), w.message()))
                            .orElse(
                                    new Condition(
                                            "ResolvedRefs",
                                            true,
                                            "ResolvedRefs",
                                            "All references resolved"));
            var waypoints =
                    new Condition("ResolvedWaypoints", true, "ResolvedWaypoints", waypointText());
            return new RouteStatus.Parent(ref, List.of(accepted, resolved, waypoints));
        }

        private String waypointText() {
            if (!exists) {
                return "parent not found";
            }
            return waypoint
                    ? "All waypoints resolved"
                    : "istio.io/use-waypoint label missing from parent and parent namespace; in"
                            + " ambient mode, route will not be respected";
        }
    }

    /// Those that are ours: not gateways, and not what another controller's waypoint stands before.
    List<Parent> of(List<ParentRef> refs, String own) {
        var parents = new ArrayList<Parent>();
        for (var ref : refs) {
            if (!ref.isService() && !ref.isServiceEntry()) {
                continue;
            }
            var path = ref.namespaceOr(own) + "/" + ref.name();
            var meta = Optional.ofNullable((ref.isService() ? services : entries).get(path));
            if (meta.isPresent() && foreign(meta.get())) {
                continue;
            }
            boolean waypoint =
                    meta.map(m ->
                                    configured(m)
                                            || Optional.ofNullable(namespaces.get(m.namespace()))
                                                    .map(RouteParents::configured)
                                                    .orElse(true))
                            .orElse(false);
            parents.add(new Parent(ref, meta.isPresent(), waypoint));
        }
        parents.sort(Comparator.comparing(p -> text(p.ref(), own)));
        return parents;
    }

    private static String text(ParentRef ref, String own) {
        return "%s/%s/%s/%s/%d.%s"
                .formatted(
                        ref.groupOr(),
                        ref.kindOr(),
                        ref.name(),
                        ref.sectionName().orElse(""),
                        ref.port().orElse(0),
                        ref.namespaceOr(own));
    }

    private static boolean configured(Meta meta) {
        var waypoint = meta.label(Names.USE_WAYPOINT);
        return !waypoint.isEmpty() && !waypoint.equalsIgnoreCase("none");
    }

    private boolean foreign(Meta meta) {
        var says = meta.hasLabel(Names.USE_WAYPOINT) ? meta : namespaces.get(meta.namespace());
        if (says == null || !configured(says)) {
            return false;
        }
        var elsewhere = says.label(Names.USE_WAYPOINT_NAMESPACE);
        var gateway =
                gateways.get(
                        (elsewhere.isEmpty() ? meta.namespace() : elsewhere)
                                + "/"
                                + says.label(Names.USE_WAYPOINT));
        var kind = gateway == null ? null : classes.get(gateway.className());
        return kind != null
                && !CONTROLLERS.contains(kind.controllerName())
                && !kind.controllerName().startsWith("ambit.dev/");
    }
}
