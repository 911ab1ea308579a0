package dev.ambit.control.compile;

import dev.ambit.control.compile.MeshModel.CompiledPolicy;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.GatewayClass;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Pod;
import dev.ambit.control.resource.ResourceSet;
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
import dev.ambit.mesh.proto.workload.NamespacedHostname;
import dev.ambit.mesh.proto.workload.NetworkAddress;
import dev.ambit.mesh.proto.workload.WeightedWaypoint;
import dev.ambit.mesh.proto.workload.WorkloadOrBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Which waypoint stands before what: the `istio.io/use-waypoint` labels.
///
/// A label that names a waypoint which is missing, not ready, for other traffic or not open to that
/// namespace leads to none; the namespace's label is then not asked.
final class Waypoints {
    private static final Set<String> CLASSES = Set.of("istio-waypoint", "ambit-waypoint");
    private static final String CONTROLLER = "istio.io/mesh-controller";
    private static final int HBONE_PORT = 15008;
    private static final int WHOLE = 100;

    private final Surroundings surroundings;
    private final Map<String, Gateway> byName = new HashMap<>();
    private final Map<String, String> forByClass = new HashMap<>();
    private final Map<GatewayAddress, CompiledPolicy> allow = new LinkedHashMap<>();

    Waypoints(ResourceSet input, Surroundings surroundings) {
        this.surroundings = surroundings;
        var classes = new HashSet<>(CLASSES);
        for (var gatewayClass : input.all(GatewayClass.class)) {
            var name = gatewayClass.meta().name();
            forByClass.put(name, gatewayClass.meta().label(Names.WAYPOINT_FOR));
            if (gatewayClass.controllerName().equals(CONTROLLER)) {
                classes.add(name);
            }
        }
        for (var gateway : input.all(Gateway.class)) {
            if (classes.contains(gateway.className())) {
                byName.put(gateway.meta().path(), gateway);
            }
        }
        if (surroundings.settings().autoAllowWaypoints()) {
            byName.values().forEach(g -> allow(g, input.all(Pod.class)));
        }
    }

    /// The policies that let waypoints in: none unless asked for.
    List<CompiledPolicy> policies() {
        return List.copyOf(allow.values());
    }

    /// Names of those for one workload: the waypoints of its services, then its own.
    List<String> allowing(WorkloadOrBuilder workload, List<CompiledService> services) {
        var addresses = new LinkedHashSet<GatewayAddress>();
        services.forEach(s -> addresses.add(s.wire().getWaypoint()));
        addresses.remove(workload.getWaypoint());
        addresses.add(workload.getWaypoint());
        var names = new ArrayList<String>();
        for (var address : addresses) {
            var policy = allow.get(address);
            if (policy != null) {
                names.add(policy.name());
            }
        }
        return names;
    }

    private void allow(Gateway gateway, List<Pod> pods) {
        var meta = gateway.meta();
        var match = Match.newBuilder();
        // As istiod: once per pod of the waypoint, so the same principal may come several times.
        pods.stream()
                .filter(p -> p.meta().namespace().equals(meta.namespace()))
                .filter(p -> p.meta().label(Names.GATEWAY_NAME).equals(meta.name()))
                .filter(p -> !p.reachableAddresses().isEmpty())
                .map(p -> principal(meta.namespace(), p.spec().serviceAccount()))
                .forEach(p -> match.addPrincipals(StringMatch.newBuilder().setExact(p)));
        var address = address(gateway);
        if (address.isEmpty() || match.getPrincipalsCount() == 0) {
            return;
        }
        var rules = Rules.newBuilder().addMatches(match);
        var wire =
                Authorization.newBuilder()
                        .setName("istio_allow_waypoint_" + meta.namespace() + "_" + meta.name())
                        .setNamespace(meta.namespace())
                        .setScope(Scope.WORKLOAD_SELECTOR)
                        .setAction(Action.ALLOW)
                        .addGroups(Group.newBuilder().addRules(rules));
        allow.put(address.get(), new CompiledPolicy(wire.build(), Optional.empty()));
    }

    private String principal(String namespace, String serviceAccount) {
        return new SpiffeId(surroundings.mesh().trustDomain(), namespace, serviceAccount)
                .principal();
    }

    enum Traffic {
        SERVICE,
        WORKLOAD
    }

    /// @param weighted this and a second waypoint with weights out of 100; none without a canary
    record Choice(GatewayAddress waypoint, List<WeightedWaypoint> weighted) {}

    Optional<Choice> forService(Meta meta) {
        if (managed(meta)) {
            return Optional.empty();
        }
        return find(meta, Traffic.SERVICE).map(primary -> withCanary(meta, primary));
    }

    Optional<GatewayAddress> forWorkload(Meta meta) {
        return managed(meta)
                ? Optional.empty()
                : find(meta, Traffic.WORKLOAD).flatMap(this::address);
    }

    boolean ingressUses(Meta meta) {
        var own = meta.label(Names.INGRESS_USE_WAYPOINT);
        var effective =
                own.isEmpty()
                        ? surroundings.namespaceLabel(meta.namespace(), Names.INGRESS_USE_WAYPOINT)
                        : own;
        return effective.equals("true");
    }

    /// How a pod that is a waypoint wants its streams: its gateway's binding annotation.
    Optional<ApplicationTunnel> tunnelOf(Meta pod) {
        var gateway = byName.get(pod.namespace() + "/" + pod.label(Names.GATEWAY_NAME));
        if (gateway == null) {
            return Optional.empty();
        }
        var binding = gateway.meta().annotation(Names.WAYPOINT_BINDING);
        int slash = binding.indexOf('/');
        var protocol = slash < 0 ? binding : binding.substring(0, slash);
        if (!protocol.equals("PROXY")) {
            return Optional.empty();
        }
        var tunnel = ApplicationTunnel.newBuilder().setProtocol(ApplicationTunnel.Protocol.PROXY);
        if (slash >= 0 && binding.substring(slash + 1).matches("\\d{1,5}")) {
            tunnel.setPort(Integer.parseInt(binding.substring(slash + 1)));
        }
        return Optional.of(tunnel.build());
    }

    private Choice withCanary(Meta meta, Gateway primary) {
        var address = address(primary).orElseThrow();
        var name = meta.label(Names.USE_WAYPOINT_CANARY);
        var weight = meta.annotation(Names.CANARY_WEIGHT);
        if (name.isEmpty() || !weight.matches("\\d{1,3}")) {
            return new Choice(address, List.of());
        }
        int share = Integer.parseInt(weight);
        var canary = usable(meta.namespace(), name, meta.namespace(), Traffic.SERVICE);
        if (canary.isEmpty() || share > WHOLE || canary.get().equals(primary)) {
            return new Choice(address, List.of());
        }
        return new Choice(
                address,
                List.of(
                        weighted(address, WHOLE - share),
                        weighted(address(canary.get()).orElseThrow(), share)));
    }

    private static WeightedWaypoint weighted(GatewayAddress address, int weight) {
        return WeightedWaypoint.newBuilder().setDestination(address).setWeight(weight).build();
    }

    private static boolean managed(Meta meta) {
        return meta.label(Names.GATEWAY_MANAGED).equals(Names.MESH_CONTROLLER);
    }

    private Optional<Gateway> find(Meta meta, Traffic traffic) {
        var name = meta.label(Names.USE_WAYPOINT);
        var namespace = meta.label(Names.USE_WAYPOINT_NAMESPACE);
        if (name.isEmpty()) {
            name = surroundings.namespaceLabel(meta.namespace(), Names.USE_WAYPOINT);
            namespace = surroundings.namespaceLabel(meta.namespace(), Names.USE_WAYPOINT_NAMESPACE);
        }
        if (name.isEmpty() || name.equals("none")) {
            return Optional.empty();
        }
        return usable(
                namespace.isEmpty() ? meta.namespace() : namespace,
                name,
                meta.namespace(),
                traffic);
    }

    private Optional<Gateway> usable(String namespace, String name, String user, Traffic traffic) {
        return Optional.ofNullable(byName.get(namespace + "/" + name))
                .filter(g -> address(g).isPresent())
                .filter(g -> takes(g, traffic))
                .filter(g -> admits(g, user));
    }

    private boolean takes(Gateway gateway, Traffic traffic) {
        var own = gateway.meta().label(Names.WAYPOINT_FOR);
        var kind = own.isEmpty() ? forByClass.getOrDefault(gateway.className(), "") : own;
        return switch (kind) {
            case "", "service" -> traffic == Traffic.SERVICE;
            case "workload" -> traffic == Traffic.WORKLOAD;
            case "all" -> true;
            default -> false;
        };
    }

    private boolean admits(Gateway gateway, String user) {
        if (gateway.meta().namespace().equals(user)) {
            return true;
        }
        return gateway.listeners().stream()
                .anyMatch(l ->
                        switch (l.from()) {
                            case ALL -> true;
                            case SELECTOR ->
                                    Selectors.matches(
                                            l.selector(), surroundings.namespaceLabels(user));
                            case SAME, NONE -> false;
                        });
    }

    private Optional<GatewayAddress> address(Gateway gateway) {
        if (gateway.addresses().isEmpty()) {
            return Optional.empty();
        }
        var first = gateway.addresses().getFirst();
        var builder = GatewayAddress.newBuilder().setHboneMtlsPort(HBONE_PORT);
        if (first.hostname()) {
            return Optional.of(
                    builder.setHostname(
                                    NamespacedHostname.newBuilder()
                                            .setNamespace(gateway.meta().namespace())
                                            .setHostname(first.value()))
                            .build());
        }
        return Surroundings.bytes(first.value())
                .map(ip ->
                        builder.setAddress(
                                        NetworkAddress.newBuilder()
                                                .setNetwork(surroundings.network(Map.of()))
                                                .setAddress(ip))
                                .build());
    }
}
