package dev.ambit.mesh.balance;

import dev.ambit.mesh.model.Endpoint;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// One state of a service and of those behind it. Immutable to readers: what it remembers is what
/// it worked out from itself, and goes away with it when the next state takes its place.
///
/// The work of filtering and ranking is done once per place from which a node's pods look, not once
/// per connection. A node's pods stand in a handful of places.
public final class EndpointSet {
    /// Of a service that isn't known.
    public static final EndpointSet NONE = new EndpointSet(null, List.of(), 0);

    private final @Nullable Service service;
    private final List<Endpoint> endpoints;
    private final int maxTables;
    private final Map<Key, EndpointTable> tables = new ConcurrentHashMap<>();

    private record Key(Vantage from, int servicePort, Purpose purpose) {}

    private EndpointSet(@Nullable Service service, List<Endpoint> endpoints, int maxTables) {
        this.service = service;
        this.endpoints = List.copyOf(endpoints);
        this.maxTables = maxTables;
    }

    /// @param endpoints those that take traffic, by the service's health policy
    /// @param maxTables how many places and ports are remembered; beyond, each draw works anew
    public static EndpointSet of(Service service, List<Endpoint> endpoints, int maxTables) {
        return new EndpointSet(service, endpoints, maxTables);
    }

    public List<Endpoint> endpoints() {
        return endpoints;
    }

    /// Who may be chosen by a client at `from`: the nearest that have the port, can be reached and
    /// have a weight.
    public EndpointTable table(Vantage from, int servicePort, Purpose purpose) {
        if (service == null || endpoints.isEmpty()) {
            return EndpointTable.EMPTY;
        }
        if (purpose == Purpose.SERVICE && !service.ports().containsKey(servicePort)) {
            return EndpointTable.EMPTY;
        }
        var key = new Key(from, servicePort, purpose);
        var known = tables.get(key);
        if (known != null) {
            return known;
        }
        var table = compute(service, from, servicePort, purpose);
        if (tables.size() < maxTables) {
            tables.put(key, table);
        }
        return table;
    }

    private EndpointTable compute(Service of, Vantage from, int servicePort, Purpose purpose) {
        int best = 0;
        var nearest = new ArrayList<Upstream>();
        for (var endpoint : endpoints) {
            var workload = endpoint.workload();
            int port = targetPort(of, endpoint, servicePort, purpose);
            if (port == 0 || workload.capacity() == 0 || !reachable(workload, from)) {
                continue;
            }
            int near = of.loadBalancing().map(lb -> Nearness.of(lb, from, workload)).orElse(0);
            if (near > best) {
                best = near;
                nearest.clear();
            }
            if (near == best) {
                nearest.add(new Upstream(workload, port));
            }
        }
        return nearest.isEmpty() ? EndpointTable.EMPTY : new EndpointTable(nearest);
    }

    /// Without an address and a name it can be reached through its network's gateway only. WDS
    /// names the gateway to clients of the same network too, who must not use it.
    private static boolean reachable(Workload workload, Vantage from) {
        boolean named = !workload.addresses().isEmpty() || !workload.hostname().isEmpty();
        return named
                || (!workload.network().equals(from.network())
                        && workload.networkGateway().isPresent());
    }

    /// The endpoint's own mapping, else the service's; a named port (0) has only the former. 0:
    /// none.
    private static int targetPort(
            Service service, Endpoint endpoint, int servicePort, Purpose purpose) {
        int own = endpoint.ports().getOrDefault(servicePort, 0);
        int shared = service.ports().getOrDefault(servicePort, 0);
        boolean listed = service.ports().containsKey(servicePort);
        var tunnel = endpoint.workload().applicationTunnel();
        return switch (purpose) {
            case SERVICE -> own != 0 ? own : shared;
            case WAYPOINT -> {
                if (!listed && tunnel.isEmpty()) {
                    yield 0;
                }
                if (own != 0 || shared != 0) {
                    yield own != 0 ? own : shared;
                }
                yield tunnel.isPresent() && tunnel.get().port() != 0 ? servicePort : 0;
            }
        };
    }
}
