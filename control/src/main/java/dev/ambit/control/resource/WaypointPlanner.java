package dev.ambit.control.resource;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Stands in for the controller that deploys waypoints: a Gateway of a waypoint's class that has no
/// address gets what that controller would make, a Service, a Deployment and an address.
///
/// A pure function, for hand-written YAML; {@link PodPlanner} then places the pods. Gateways that
/// list their own addresses, or that somebody deployed by hand (there is a Service of their name),
/// are left alone.
public final class WaypointPlanner {
    private static final int HBONE = 15_008;
    private static final int STATUS = 15_021;

    private WaypointPlanner() {}

    public static ResourceSet plan(ResourceSet input) {
        Set<Resource.Key> known = new HashSet<>();
        input.resources().forEach(r -> known.add(r.key()));
        var complete = new ArrayList<Resource>();
        for (var resource : input.resources()) {
            if (resource instanceof Gateway gateway && wanted(gateway, known)) {
                complete.add(ready(gateway));
                complete.add(service(gateway));
                complete.add(deployment(gateway));
            } else {
                complete.add(resource);
            }
        }
        return new ResourceSet(input.mesh(), complete, input.remotes(), input.problems());
    }

    private static boolean wanted(Gateway gateway, Set<Resource.Key> known) {
        var meta = gateway.meta();
        return Names.WAYPOINT_CLASSES.contains(gateway.className())
                && gateway.addresses().isEmpty()
                && !known.contains(new Resource.Key("Service", meta.namespace(), meta.name()));
    }

    private static Gateway ready(Gateway gateway) {
        var host = gateway.meta().name() + "." + gateway.meta().namespace() + ".svc.cluster.local";
        return gateway.addressed(List.of(new Gateway.Address(Gateway.AddressType.HOSTNAME, host)));
    }

    private static Service service(Gateway gateway) {
        return new Service(
                made(gateway, gateway.meta().name()),
                Service.Type.CLUSTER_IP,
                false,
                List.of(),
                Map.of(Names.GATEWAY_NAME, gateway.meta().name()),
                List.of(port("status-port", STATUS, ""), port("mesh", HBONE, "hbone")),
                List.of(),
                "",
                false,
                false);
    }

    private static Service.Port port(String name, int number, String protocol) {
        return new Service.Port(name, number, "TCP", number, "", protocol);
    }

    private static Deployment deployment(Gateway gateway) {
        var name = gateway.meta().name();
        var account = gateway.meta().annotations().getOrDefault(Names.GATEWAY_ACCOUNT, name);
        return new Deployment(
                made(gateway, name),
                1,
                labels(gateway),
                Map.of(),
                new PodSpec(account, "", false, List.of()));
    }

    private static Map<String, String> labels(Gateway gateway) {
        var name = gateway.meta().name();
        return Map.of(
                Names.GATEWAY_NAME,
                name,
                Names.GATEWAY_MANAGED,
                Names.MESH_CONTROLLER,
                Names.DATAPLANE_MODE,
                "none",
                Names.CANONICAL_NAME,
                name,
                Names.CANONICAL_REVISION,
                "latest");
    }

    private static Meta made(Gateway gateway, String name) {
        var of = gateway.meta();
        return new Meta(
                of.namespace(),
                name,
                "",
                Map.of(
                        Names.GATEWAY_NAME,
                        of.name(),
                        Names.GATEWAY_MANAGED,
                        Names.MESH_CONTROLLER,
                        Names.DATAPLANE_MODE,
                        "none"),
                Map.of(),
                of.created(),
                false,
                Optional.of(new Meta.Owner("Gateway", of.name())),
                false,
                of.origin());
    }
}
