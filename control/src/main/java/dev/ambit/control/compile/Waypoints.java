package dev.ambit.control.compile;

import dev.ambit.control.compile.MeshModel.CompiledPolicy;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.GatewayClass;
import dev.ambit.control.resource.MeshConfig.Visibility;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Pod;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.Texts;
import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.proto.security.Action;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.security.Group;
import dev.ambit.mesh.proto.security.Match;
import dev.ambit.mesh.proto.security.Rules;
import dev.ambit.mesh.proto.security.Scope;
import dev.ambit.mesh.proto.security.StringMatch;
import dev.ambit.mesh.proto.workload.ApplicationTunnel;
import dev.ambit.mesh.proto.workload.GatewayAddress;
import dev.ambit.mesh.proto.workload.WeightedWaypoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/// Which waypoint stands before what: the `istio.io/use-waypoint` labels.
///
/// A label that names a waypoint which is missing, not ready, for other traffic or not open to that
/// namespace leads to none; the namespace's label is then not asked.
final class Waypoints {
    private static final int WHOLE = 100;

    private final Surroundings surroundings;
    private final Map<String, Waypoint> byName = new HashMap<>();

    /// As istiod: whatever class it has, a gateway that has addresses can be named as a waypoint.
    Waypoints(ResourceSet input, Surroundings surroundings) {
        this.surroundings = surroundings;
        var classes = new HashMap<String, GatewayClass>();
        input.all(GatewayClass.class).forEach(c -> classes.put(c.meta().name(), c));
        var pods = input.all(Pod.class);
        for (var gateway : input.all(Gateway.class)) {
            if (!gateway.addresses().isEmpty()) {
                var ofClass = Optional.ofNullable(classes.get(gateway.className()));
                var waypoint = Waypoint.of(gateway, ofClass, accounts(gateway, pods), surroundings);
                byName.put(waypoint.name(), waypoint);
            }
        }
    }

    enum Traffic {
        SERVICE,
        WORKLOAD
    }

    /// @param name of the first waypoint, `namespace/name`
    /// @param canary name of the second
    /// @param weighted this and a second waypoint with weights out of 100; none without a canary
    record Choice(
            String name,
            Optional<GatewayAddress> waypoint,
            Optional<String> canary,
            List<WeightedWaypoint> weighted) {}

    private record Canary(Waypoint waypoint, int share) {}

    /// @param waypoint `namespace/name`
    /// @param share in percent; more than all when it is no such number
    private record CanaryWish(String waypoint, int share) {}

    /// What stands before a workload, and how it takes streams if it is a waypoint itself.
    record Attachment(Optional<Waypoint> waypoint, Optional<ApplicationTunnel> tunnel) {
        static final Attachment NONE = new Attachment(Optional.empty(), Optional.empty());
    }

    /// The policies that let waypoints in: none unless asked for.
    List<CompiledPolicy> policies() {
        var policies = new ArrayList<CompiledPolicy>();
        byName.values().stream().filter(this::allowed).map(this::allowing).forEach(policies::add);
        return policies;
    }

    /// Names of those for one workload: the waypoints of its services, then its own.
    List<String> allowing(Optional<Waypoint> own, List<CompiledService> services) {
        var others = new TreeSet<String>();
        services.forEach(s -> s.waypoint().ifPresent(others::add));
        own.ifPresent(w -> others.remove(w.name()));
        var waypoints = new ArrayList<Waypoint>();
        for (var name : others) {
            Optional.ofNullable(byName.get(name)).ifPresent(waypoints::add);
        }
        own.ifPresent(waypoints::add);
        return waypoints.stream()
                .filter(this::allowed)
                .map(w -> w.meta().namespace() + "/" + policyName(w))
                .toList();
    }

    private boolean allowed(Waypoint waypoint) {
        return surroundings.settings().autoAllowWaypoints() && !waypoint.accounts().isEmpty();
    }

    private static String policyName(Waypoint waypoint) {
        return "istio_allow_waypoint_" + waypoint.meta().namespace() + "_" + waypoint.meta().name();
    }

    private CompiledPolicy allowing(Waypoint waypoint) {
        var namespace = waypoint.meta().namespace();
        var trustDomain = surroundings.mesh().trustDomain();
        var match = Match.newBuilder();
        for (var account : waypoint.accounts()) {
            var principal = new SpiffeId(trustDomain, namespace, account).principal();
            match.addPrincipals(StringMatch.newBuilder().setExact(principal));
        }
        var rules = Rules.newBuilder().addMatches(match);
        var wire =
                Authorization.newBuilder()
                        .setName(policyName(waypoint))
                        .setNamespace(namespace)
                        .setScope(Scope.WORKLOAD_SELECTOR)
                        .setAction(Action.ALLOW)
                        .addGroups(Group.newBuilder().addRules(rules));
        return new CompiledPolicy(wire.build(), Optional.empty());
    }

    /// As istiod: once per pod of the waypoint, so the same account may come several times.
    private static List<String> accounts(Gateway gateway, List<Pod> pods) {
        return pods.stream()
                .filter(p -> p.meta().namespace().equals(gateway.meta().namespace()))
                .filter(p -> p.meta().label(Names.GATEWAY_NAME).equals(gateway.meta().name()))
                .map(p -> p.spec().serviceAccount())
                .sorted()
                .toList();
    }

    Optional<Choice> forService(Meta meta) {
        if (isGateway(meta)) {
            return Optional.empty();
        }
        return target(meta)
                .filter(w -> w.takes(Traffic.SERVICE))
                .map(primary -> {
                    var canary = canary(meta, primary);
                    return new Choice(
                            primary.name(),
                            primary.address(),
                            canary.map(c -> c.waypoint().name()),
                            canary.map(c -> weighted(primary, c)).orElse(List.of()));
                });
    }

    /// An entry that only its own namespace may use has no waypoint elsewhere.
    Optional<Choice> forEntry(Meta meta) {
        boolean confined =
                surroundings.entryVisibility(meta.namespace()) == Visibility.NAMESPACE
                        && target(meta)
                                .filter(w -> !w.meta().namespace().equals(meta.namespace()))
                                .isPresent();
        return confined ? Optional.empty() : forService(meta);
    }

    /// A waypoint's own workloads have none.
    Attachment forWorkload(Meta meta) {
        var instance = byName.get(meta.namespace() + "/" + meta.label(Names.GATEWAY_NAME));
        if (instance != null) {
            return new Attachment(Optional.empty(), instance.binding());
        }
        var waypoint = target(meta).filter(w -> w.takes(Traffic.WORKLOAD));
        return waypoint.isEmpty() ? Attachment.NONE : new Attachment(waypoint, Optional.empty());
    }

    boolean ingressUses(Meta meta) {
        return Texts.isTrue(
                meta.hasLabel(Names.INGRESS_USE_WAYPOINT)
                        ? meta.label(Names.INGRESS_USE_WAYPOINT)
                        : surroundings
                                .namespaceLabels(meta.namespace())
                                .getOrDefault(Names.INGRESS_USE_WAYPOINT, ""));
    }

    private static boolean isGateway(Meta meta) {
        return switch (meta.label(Names.GATEWAY_MANAGED)) {
            case Names.MESH_CONTROLLER, Names.EAST_WEST_CONTROLLER -> true;
            default -> false;
        };
    }

    /// The canary is named where the waypoint itself is: the namespace is asked for what the
    /// resource does not say unless the resource names a waypoint.
    private Optional<Canary> canary(Meta meta, Waypoint primary) {
        return wish(meta)
                .filter(wish -> canaryRefusal(meta, wish, primary).isEmpty())
                .flatMap(wish ->
                        Optional.ofNullable(byName.get(wish.waypoint()))
                                .map(w -> new Canary(w, wish.share())));
    }

    private Optional<CanaryWish> wish(Meta meta) {
        var inherited =
                meta.hasLabel(Names.USE_WAYPOINT)
                        ? Optional.<Meta>empty()
                        : surroundings.namespace(meta.namespace());
        var from =
                meta.hasLabel(Names.USE_WAYPOINT_CANARY)
                        ? meta
                        : inherited.filter(n -> n.hasLabel(Names.USE_WAYPOINT_CANARY)).orElse(meta);
        var name = from.label(Names.USE_WAYPOINT_CANARY);
        if (name.isEmpty() || name.equals("none")) {
            return Optional.empty();
        }
        var namespace =
                from.labels().getOrDefault(Names.USE_WAYPOINT_CANARY_NAMESPACE, meta.namespace());
        var text =
                meta.annotations().containsKey(Names.CANARY_WEIGHT)
                        ? meta.annotation(Names.CANARY_WEIGHT)
                        : inherited
                                .map(Meta::annotations)
                                .map(a -> a.getOrDefault(Names.CANARY_WEIGHT, "0"))
                                .orElse("0");
        int share = text.matches("\\+?0*\\d{1,3}") ? Integer.parseInt(text) : WHOLE + 1;
        return Optional.of(new CanaryWish(namespace + "/" + name, share));
    }

    private Optional<Binding.Refused> canaryRefusal(Meta meta, CanaryWish wish, Waypoint primary) {
        var name = wish.waypoint();
        if (name.equals(primary.name())) {
            return Optional.of(
                    refused(
                            Binding.Reason.CANARY_SAME,
                            name,
                            "canary waypoint \"%s\" must differ from the primary waypoint"));
        }
        if (wish.share() > WHOLE) {
            return Optional.of(
                    refused(
                            Binding.Reason.CANARY_WEIGHT,
                            name,
                            "canary waypoint \"%s\" has an invalid weight; must be an integer in"
                                    + " [0,100]"));
        }
        return refusal(
                name, Optional.ofNullable(byName.get(name)), meta.namespace(), Traffic.SERVICE);
    }

    private static List<WeightedWaypoint> weighted(Waypoint primary, Canary canary) {
        return List.of(
                weighted(primary, WHOLE - canary.share()),
                weighted(canary.waypoint(), canary.share()));
    }

    private static WeightedWaypoint weighted(Waypoint waypoint, int weight) {
        var builder = WeightedWaypoint.newBuilder().setWeight(weight);
        waypoint.address().ifPresent(builder::setDestination);
        return builder.build();
    }

    /// As istiod: a label without a value names nothing, and the namespace is not asked.
    private Optional<Waypoint> target(Meta meta) {
        return named(meta)
                .filter(f -> !f.label(Names.USE_WAYPOINT).equals("none"))
                .flatMap(f ->
                        usable(
                                f.labels()
                                        .getOrDefault(
                                                Names.USE_WAYPOINT_NAMESPACE, meta.namespace()),
                                f.label(Names.USE_WAYPOINT),
                                meta.namespace()));
    }

    /// What says which waypoint: the resource, else its namespace.
    private Optional<Meta> named(Meta meta) {
        return meta.hasLabel(Names.USE_WAYPOINT)
                ? Optional.of(meta)
                : surroundings
                        .namespace(meta.namespace())
                        .filter(n -> n.hasLabel(Names.USE_WAYPOINT));
    }

    private Optional<Waypoint> usable(String namespace, String name, String user) {
        return Optional.ofNullable(byName.get(namespace + "/" + name)).filter(w -> admits(w, user));
    }

    private boolean admits(Waypoint waypoint, String user) {
        return switch (waypoint.from()) {
            case ALL -> true;
            case SELECTOR ->
                    waypoint.selector()
                            .map(s -> s.matches(surroundings.namespaceLabels(user)))
                            .orElse(false);
            case SAME, NONE -> waypoint.meta().namespace().equals(user);
        };
    }

    Binding explainEntry(Meta meta) {
        var binding = explain(meta, Traffic.SERVICE);
        return binding instanceof Binding.Bound(var waypoint, var canary)
                        && forEntry(meta).isEmpty()
                ? refused(
                        Binding.Reason.OTHER_NAMESPACE,
                        waypoint,
                        "cannot bind to waypoint \"%s\" in another namespace: cross-namespace"
                                + " waypoint binding is not permitted for a ServiceEntry with"
                                + " NAMESPACE visibility")
                : binding;
    }

    Binding explain(Meta meta, Traffic traffic) {
        boolean itself =
                isGateway(meta)
                        || byName.containsKey(
                                meta.namespace() + "/" + meta.label(Names.GATEWAY_NAME));
        var from = named(meta);
        if (itself || from.isEmpty() || from.get().label(Names.USE_WAYPOINT).equals("none")) {
            return new Binding.None();
        }
        var labels = from.get().labels();
        var name =
                labels.getOrDefault(Names.USE_WAYPOINT_NAMESPACE, meta.namespace())
                        + "/"
                        + labels.get(Names.USE_WAYPOINT);
        var waypoint = Optional.ofNullable(byName.get(name));
        var refusal = refusal(name, waypoint, meta.namespace(), traffic);
        boolean inherited = !meta.hasLabel(Names.USE_WAYPOINT);
        if (refusal.isPresent()) {
            // A namespace's waypoint is for services or for workloads: the other is no mistake.
            boolean meant =
                    refusal.get().reason() != Binding.Reason.OTHER_TRAFFIC
                            || traffic == Traffic.SERVICE
                            || !inherited;
            return meant ? refusal.get() : new Binding.None();
        }
        return new Binding.Bound(
                name,
                traffic == Traffic.SERVICE
                        ? waypoint.flatMap(
                                w -> wish(meta).flatMap(wish -> canaryRefusal(meta, wish, w)))
                        : Optional.empty());
    }

    private Optional<Binding.Refused> refusal(
            String name, Optional<Waypoint> waypoint, String user, Traffic traffic) {
        if (waypoint.isEmpty()) {
            return Optional.of(
                    refused(Binding.Reason.NOT_READY, name, "waypoint \"%s\" is not ready"));
        }
        if (!admits(waypoint.get(), user)) {
            return Optional.of(
                    refused(
                            Binding.Reason.DENIED,
                            name,
                            "we are not permitted to attach to waypoint \"%s\" (missing"
                                    + " allowedRoutes?)"));
        }
        return waypoint.get().takes(traffic)
                ? Optional.empty()
                : Optional.of(
                        refused(
                                Binding.Reason.OTHER_TRAFFIC,
                                name,
                                "attempting to bind to traffic type \""
                                        + (traffic == Traffic.SERVICE ? "service" : "workload")
                                        + "\" which the waypoint \"%s\" does not support"));
    }

    private static Binding.Refused refused(Binding.Reason reason, String waypoint, String message) {
        return new Binding.Refused(reason, waypoint, message.replace("%s", waypoint));
    }
}
