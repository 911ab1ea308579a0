package dev.ambit.ztunnel.outbound;

import dev.ambit.mesh.model.Endpoint;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.LoadBalancing;
import dev.ambit.mesh.model.Workload;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Chooses one of a service's endpoints: by locality first, then at random by capacity.
///
/// Two passes over the endpoints and no allocation: the first finds the best rank and the sum of
/// its capacities, the second stops at the drawn one.
final class EndpointPicker {
    private static final int UNUSABLE = -1;

    private final RandomGenerator random;

    EndpointPicker(RandomGenerator random) {
        this.random = random;
    }

    Optional<Endpoint> pick(
            List<Endpoint> endpoints, Workload source, Service service, int servicePort) {
        int best = UNUSABLE;
        long total = 0;
        for (var endpoint : endpoints) {
            int rank = rank(endpoint, source, service, servicePort);
            if (rank > best) {
                best = rank;
                total = 0;
            }
            if (rank == best && rank != UNUSABLE) {
                total += endpoint.workload().capacity();
            }
        }
        if (total == 0) {
            return Optional.empty();
        }
        long drawn = random.nextLong(total);
        for (var endpoint : endpoints) {
            if (rank(endpoint, source, service, servicePort) == best) {
                drawn -= endpoint.workload().capacity();
                if (drawn < 0) {
                    return Optional.of(endpoint);
                }
            }
        }
        throw new AssertionError("capacities changed between two passes over one snapshot");
    }

    /// The endpoint's own mapping, else the service's; a named port (0) has only the former.
    static Optional<Integer> targetPort(Endpoint endpoint, Service service, int servicePort) {
        var own = endpoint.ports().get(servicePort);
        if (own != null && own > 0) {
            return Optional.of(own);
        }
        var shared = service.ports().get(servicePort);
        return shared != null && shared > 0 ? Optional.of(shared) : Optional.empty();
    }

    /// How near an endpoint is: the number of routing preferences that match before the first that
    /// doesn't; the same for all when there is no preference.
    private static int rank(Endpoint endpoint, Workload source, Service service, int servicePort) {
        var workload = endpoint.workload();
        if (!service.ports().containsKey(servicePort)
                || targetPort(endpoint, service, servicePort).isEmpty()
                || workload.capacity() == 0
                || (workload.addresses().isEmpty()
                        && workload.hostname().isEmpty()
                        && workload.networkGateway().isEmpty())) {
            return UNUSABLE;
        }
        if (service.loadBalancing().isEmpty()) {
            return 0;
        }
        var lb = service.loadBalancing().get();
        return switch (lb.mode()) {
            case UNSPECIFIED, PASSTHROUGH -> 0;
            case FAILOVER -> matches(lb, source, workload, true);
            case STRICT ->
                    matches(lb, source, workload, false) == lb.routingPreference().size()
                            ? lb.routingPreference().size()
                            : UNUSABLE;
        };
    }

    /// @param networkFirst a leading NETWORK preference weighs more than all that follow, and a
    ///   mismatch there is passed over rather than ending the walk
    private static int matches(
            LoadBalancing lb, Workload source, Workload candidate, boolean networkFirst) {
        var preferences = lb.routingPreference();
        int count = 0;
        for (int i = 0; i < preferences.size(); i++) {
            var scope = preferences.get(i);
            boolean leadingNetwork = i == 0 && scope == LoadBalancing.Scope.NETWORK;
            if (same(scope, source, candidate)) {
                count++;
                if (leadingNetwork && networkFirst) {
                    count += preferences.size() - 1;
                }
            } else if (!leadingNetwork) {
                break;
            }
        }
        return count;
    }

    private static boolean same(LoadBalancing.Scope scope, Workload a, Workload b) {
        return switch (scope) {
            case REGION -> a.locality().region().equals(b.locality().region());
            case ZONE -> a.locality().zone().equals(b.locality().zone());
            case SUBZONE -> a.locality().subzone().equals(b.locality().subzone());
            case NODE -> a.node().equals(b.node());
            case CLUSTER -> a.clusterId().equals(b.clusterId());
            case NETWORK -> a.network().equals(b.network());
        };
    }
}
