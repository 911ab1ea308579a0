package dev.ambit.control.l7.authz;

import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.authz.TargetState.Bound;
import dev.ambit.control.l7.authz.TargetState.Reason;
import dev.ambit.control.l7.authz.TargetState.Unbound;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.MeshService.Source;
import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.GatewayClass;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.Service;
import dev.ambit.control.resource.ServiceEntry;
import dev.ambit.control.resource.TargetRef;
import dev.ambit.mesh.model.ServiceKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Looks up what policies are attached to.
public final class PolicyTargets {
    private static final String CONTROLLER = "istio.io/mesh-controller";

    private final String rootNamespace;
    private final Map<String, String> gateways = new HashMap<>();
    private final Map<String, String> classes = new HashMap<>();
    private final Set<String> services = new HashSet<>();
    private final Set<String> entries = new HashSet<>();
    private final Map<String, List<Served>> served = new HashMap<>();

    /// A service that stands behind a waypoint.
    ///
    /// @param waypoint `namespace/name`
    record Served(MeshService service, String waypoint) {}

    private PolicyTargets(L7Model model) {
        var input = model.input();
        this.rootNamespace = input.mesh().rootNamespace();
        input.all(Gateway.class).forEach(g -> gateways.put(g.meta().path(), g.className()));
        input.all(GatewayClass.class)
                .forEach(c -> classes.put(c.meta().name(), c.controllerName()));
        input.all(Service.class).forEach(s -> services.add(s.meta().path()));
        input.all(ServiceEntry.class).forEach(s -> entries.add(s.meta().path()));
        var compiled = new HashMap<ServiceKey, CompiledService>();
        model.mesh().services().forEach(s -> compiled.put(s.key(), s));
        for (var service : model.registry().services()) {
            Optional.ofNullable(compiled.get(service.key()))
                    .flatMap(CompiledService::waypoint)
                    .ifPresent(w ->
                            served.computeIfAbsent(key(service), k -> new ArrayList<>())
                                    .add(new Served(service, w)));
        }
    }

    public static PolicyTargets of(L7Model model) {
        return new PolicyTargets(model);
    }

    private static String key(MeshService service) {
        return service.source() + " " + service.namespace() + "/" + service.resource();
    }

    /// Every service behind a waypoint.
    List<Served> all() {
        return served.values().stream().flatMap(List::stream).toList();
    }

    /// Services behind waypoints that a policy concerns by naming them.
    List<Served> named(Meta policy, TargetRef target) {
        var path = policy.namespace() + "/" + target.name();
        return switch (target.kind()) {
            case "Service" -> served.getOrDefault(Source.KUBERNETES + " " + path, List.of());
            case "ServiceEntry" ->
                    served.getOrDefault(Source.SERVICE_ENTRY + " " + path, List.of());
            default -> List.of();
        };
    }

    public TargetState state(Resource policy, TargetRef target) {
        var path = policy.meta().namespace() + "/" + target.name();
        var name = target.kind() + "." + target.canonicalGroup() + ":" + path;
        return switch (target.kind()) {
            case "GatewayClass" -> ofClass(policy.meta(), target, name);
            case "Gateway" -> gateway(path, name);
            case "Service" -> service(policy.meta(), target, name, services.contains(path));
            case "ServiceEntry" -> service(policy.meta(), target, name, entries.contains(path));
            default ->
                    new Unbound(
                            name,
                            Reason.INVALID,
                            "a policy can't be attached to a " + target.kind());
        };
    }

    private TargetState ofClass(Meta policy, TargetRef target, String name) {
        if (!policy.namespace().equals(rootNamespace)) {
            return new Unbound(
                    name,
                    Reason.INVALID,
                    "a policy for a GatewayClass must be in the root namespace `"
                            + rootNamespace
                            + "`");
        }
        var controller = classes.get(target.name());
        if (controller == null) {
            // Waypoints' own classes are there without being written.
            return Names.WAYPOINT_CLASSES.contains(target.name())
                    ? new Bound(name, target.name())
                    : new Unbound(
                            name, Reason.NOT_FOUND, "there is no GatewayClass " + target.name());
        }
        return controller.equals(CONTROLLER) || Names.WAYPOINT_CLASSES.contains(target.name())
                ? new Bound(name, target.name())
                : new Unbound(
                        name,
                        Reason.INVALID,
                        "GatewayClass "
                                + target.name()
                                + " has the controller name `"
                                + controller
                                + "`, waypoints have `"
                                + CONTROLLER
                                + "`");
    }

    private TargetState gateway(String path, String name) {
        var ofClass = gateways.get(path);
        boolean waypoint =
                ofClass != null
                        && (Names.WAYPOINT_CLASSES.contains(ofClass)
                                || CONTROLLER.equals(classes.get(ofClass)));
        return waypoint
                ? new Bound(name, path)
                : new Unbound(
                        name,
                        Reason.NOT_FOUND,
                        ofClass == null
                                ? "there is no Gateway " + path
                                : "Gateway " + path + " of class " + ofClass + " is no waypoint");
    }

    private TargetState service(Meta policy, TargetRef target, String name, boolean exists) {
        var what = target.kind() + " " + policy.namespace() + "/" + target.name();
        if (!exists) {
            return new Unbound(name, Reason.NOT_FOUND, what + " was not found");
        }
        return named(policy, target).stream()
                .findFirst()
                .<TargetState>map(s -> new Bound(name, s.waypoint()))
                .orElseGet(() ->
                        new Unbound(
                                name,
                                Reason.WITHOUT_WAYPOINT,
                                what + " is not bound to a waypoint"));
    }
}
