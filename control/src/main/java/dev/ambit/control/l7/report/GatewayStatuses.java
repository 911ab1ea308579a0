package dev.ambit.control.l7.report;

import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.GatewayClass;
import dev.ambit.control.resource.Names;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Statuses of waypoints' Gateways and of their classes, in istiod's words.
final class GatewayStatuses {
    private static final int HBONE_PORT = 15_008;
    private static final String HBONE = "HBONE";
    private static final String GATEWAY_API = "gateway.networking.k8s.io";

    private final L7Model model;
    private final Map<String, CompiledService> services = new LinkedHashMap<>();
    private final Set<String> served = new HashSet<>();

    private GatewayStatuses(L7Model model) {
        this.model = model;
        model.mesh().services().forEach(s -> services.put(s.key().toString(), s));
        model.mesh().workloads().forEach(w -> served.addAll(w.wire().getServicesMap().keySet()));
    }

    static List<ResourceStatus> of(L7Model model) {
        var statuses = new ArrayList<ResourceStatus>();
        var all = new GatewayStatuses(model);
        for (var ofClass : model.input().all(GatewayClass.class)) {
            if (Names.WAYPOINT_CLASSES.contains(ofClass.meta().name())) {
                statuses.add(
                        ResourceStatus.of(
                                ofClass,
                                List.of(
                                        Condition.yes(
                                                "Accepted",
                                                "Accepted",
                                                "Handled by Istio controller"))));
            }
        }
        for (var gateway : model.input().all(Gateway.class)) {
            if (Names.WAYPOINT_CLASSES.contains(gateway.className())) {
                statuses.add(all.status(gateway));
            }
        }
        return statuses;
    }

    private ResourceStatus status(Gateway gateway) {
        var more = new LinkedHashMap<String, Object>();
        if (!gateway.addresses().isEmpty()) {
            more.put("addresses", gateway.addresses().stream().map(this::address).toList());
        }
        var listeners = new ArrayList<Object>();
        gateway.listeners().forEach(l -> listeners.add(listener(gateway, l)));
        more.put("listeners", listeners);
        return ResourceStatus.of(
                        gateway,
                        List.of(
                                Condition.yes("Accepted", "Accepted", "Resource accepted"),
                                programmed(gateway),
                                Condition.yes(
                                        "ResolvedRefs", "ResolvedRefs", "All references resolved")))
                .with(more);
    }

    private Map<String, Object> address(Gateway.Address address) {
        var tree = new LinkedHashMap<String, Object>();
        tree.put(
                "type",
                switch (address.type()) {
                    case HOSTNAME -> "Hostname";
                    case IP -> "IPAddress";
                    case OTHER -> "Other";
                });
        tree.put("value", address.value());
        return tree;
    }

    /// Whether there is something to send traffic to: the service of the Gateway's name and an
    /// instance behind it, or an address that somebody gave it.
    private Condition programmed(Gateway gateway) {
        var hostname = hostname(gateway);
        var key = gateway.meta().namespace() + "/" + hostname;
        var service = Optional.ofNullable(services.get(key));
        if (service.isPresent() && served.contains(key)) {
            var ports = ports(gateway, hostname);
            return Condition.yes(
                    "Programmed",
                    "Programmed",
                    "Resource programmed, assigned to service(s) " + String.join(" and ", ports));
        }
        if (service.isEmpty() && !gateway.addresses().isEmpty()) {
            return Condition.yes("Programmed", "Programmed", "Resource programmed");
        }
        var start = "Failed to assign to any requested addresses: ";
        return service.isEmpty()
                ? Condition.no(
                        "Programmed",
                        "AddressNotUsable",
                        start + "hostname \"" + hostname + "\" not found")
                : Condition.no(
                        "Programmed",
                        "AddressNotAssigned",
                        start + "no instances found for hostname \"" + hostname + "\"");
    }

    private static List<String> ports(Gateway gateway, String hostname) {
        return gateway.listeners().stream().map(l -> hostname + ":" + l.port()).sorted().toList();
    }

    private static String hostname(Gateway gateway) {
        return gateway.meta().name() + "." + gateway.meta().namespace() + ".svc.cluster.local";
    }

    private Map<String, Object> listener(Gateway gateway, Gateway.Listener listener) {
        boolean tunnel =
                gateway.listeners().stream()
                                .filter(l -> l.port() == HBONE_PORT && l.protocol().equals(HBONE))
                                .count()
                        == 1;
        var accepted =
                tunnel
                        ? Condition.yes("Accepted", "Accepted", "No errors found")
                        : Condition.no(
                                "Accepted",
                                "UnsupportedProtocol",
                                "Expected a single listener on port 15008 with protocol"
                                        + " \"HBONE\"");
        var tree = new LinkedHashMap<String, Object>();
        tree.put("attachedRoutes", 0L);
        tree.put(
                "conditions",
                List.of(
                        accepted,
                        Condition.no("Conflicted", "NoConflicts", "No errors found"),
                        Condition.yes("Programmed", "Programmed", "No errors found"),
                        Condition.yes("ResolvedRefs", "ResolvedRefs", "No errors found")));
        tree.put("name", listener.name());
        tree.put("supportedKinds", kinds(listener.protocol()));
        return tree;
    }

    private static List<Object> kinds(String protocol) {
        return switch (protocol) {
            case "HTTP", "HTTPS" -> List.of(kind("HTTPRoute"), kind("GRPCRoute"));
            case "TCP" -> List.of(kind("TCPRoute"));
            case "TLS" -> List.of(kind("TLSRoute"));
            // A tunnel: routes are attached to services, not to it.
            default -> List.of();
        };
    }

    private static Map<String, Object> kind(String kind) {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("group", GATEWAY_API);
        tree.put("kind", kind);
        return tree;
    }
}
