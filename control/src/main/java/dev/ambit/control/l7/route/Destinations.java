package dev.ambit.control.l7.route;

import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.ServicePort;
import dev.ambit.control.resource.route.RouteParts.Destination;
import java.util.Optional;
import java.util.Set;

/// Names of the clusters that routes lead to.
final class Destinations {
    /// No cluster has it.
    private static final String UNKNOWN = "UnknownService";

    private Destinations() {}

    static Optional<MeshService> service(WaypointScope scope, String host) {
        return scope.model().registry().service(host, scope.node().namespace());
    }

    /// @param port of the chain, for a destination that names none
    static String cluster(WaypointScope scope, Destination to, int port) {
        if (to.host().isEmpty()) {
            return UNKNOWN;
        }
        var service = service(scope, to.host());
        int number = to.port() == 0 ? onlyPort(service).orElse(port) : to.port();
        if (service.isPresent() && !scope.serves(to.host(), Set.of())) {
            return ClusterNames.outbound(number, to.subset(), to.host());
        }
        // A host that nobody knows gets the name of a cluster that isn't there.
        boolean http =
                service.flatMap(s -> s.port(number))
                        .map(p -> p.protocol().mayBeHttp())
                        .orElse(true);
        return ClusterNames.inbound(to.host(), number, http, to.subset());
    }

    private static Optional<Integer> onlyPort(Optional<MeshService> service) {
        return service.map(MeshService::ports)
                .filter(ports -> ports.size() == 1)
                .map(ports -> ports.getFirst())
                .map(ServicePort::number);
    }
}
