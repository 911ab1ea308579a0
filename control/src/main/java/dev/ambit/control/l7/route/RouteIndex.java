package dev.ambit.control.l7.route;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.route.Hosts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// All routes of the mesh, by the hosts that they are for.
public final class RouteIndex {
    private final List<RouteTable> tables;
    private final List<Finding> findings;
    private final List<RouteStatus> statuses;
    private final Map<String, List<RouteTable>> exact = new HashMap<>();

    /// By the text after the asterisk.
    private final Map<String, List<RouteTable>> wildcards = new HashMap<>();

    private RouteIndex(
            List<RouteTable> tables, List<Finding> findings, List<RouteStatus> statuses) {
        this.tables = tables.stream().sorted(RouteTable.OLDEST_FIRST).toList();
        this.findings = List.copyOf(findings);
        this.statuses = List.copyOf(statuses);
        for (var table : this.tables) {
            for (var host : table.hosts()) {
                var map = Hosts.isWildcard(host) ? wildcards : exact;
                var key = Hosts.isWildcard(host) ? host.substring(1) : host;
                map.computeIfAbsent(key, k -> new ArrayList<>()).add(table);
            }
        }
    }

    public static RouteIndex of(ResourceSet input, Registry registry) {
        var findings = new ArrayList<Finding>();
        var places = new Places(input);
        var tables = new ArrayList<>(VirtualServiceRoutes.of(input, places, findings));
        tables.addAll(TrafficSplits.of(input, places, findings));
        var gateway = GatewayRoutes.of(input, registry, places);
        tables.addAll(gateway.tables());
        findings.addAll(gateway.findings());
        var subsets = new Subsets(input);
        tables.forEach(t -> RouteFindings.of(t, places, subsets, registry, findings));
        return new RouteIndex(tables, findings, gateway.statuses());
    }

    /// Oldest first.
    public List<RouteTable> tables() {
        return tables;
    }

    /// What is without effect, or leads nowhere.
    public List<Finding> findings() {
        return findings;
    }

    /// Of Gateway API routes.
    public List<RouteStatus> statuses() {
        return statuses;
    }

    /// Those for a service, in the order in which a waypoint of that namespace asks them: what is
    /// only for its own namespace, what is exported to it, Gateway API routes of its own namespace,
    /// the rest; each oldest first. Only the service's namespace and the waypoint's have a say.
    List<RouteTable> of(MeshService service, String waypointNamespace) {
        var own = new ArrayList<RouteTable>();
        var exported = new ArrayList<RouteTable>();
        var preferred = new ArrayList<RouteTable>();
        var rest = new ArrayList<RouteTable>();
        for (var table : matching(service.hostname())) {
            boolean here = table.namespace().equals(waypointNamespace);
            if (!here && !table.namespace().equals(service.namespace())) {
                continue;
            }
            if (table.isPublic()) {
                (here && table.gatewayApi() ? preferred : rest).add(table);
            } else if (table.exportTo().contains(waypointNamespace)) {
                (here ? own : exported).add(table);
            }
        }
        own.addAll(exported);
        own.addAll(preferred);
        own.addAll(rest);
        return own;
    }

    /// Those that name exactly this host, whatever their namespace.
    List<RouteTable> naming(String hostname) {
        return (Hosts.isWildcard(hostname)
                        ? wildcards.getOrDefault(hostname.substring(1), List.of())
                        : exact.getOrDefault(hostname, List.of()))
                .stream().toList();
    }

    /// Oldest first.
    List<RouteTable> matching(String hostname) {
        if (Hosts.isWildcard(hostname)) {
            return tables.stream()
                    .filter(t -> t.hosts().stream().anyMatch(h -> Hosts.match(h, hostname)))
                    .toList();
        }
        var found = exact.getOrDefault(hostname, List.of());
        if (wildcards.isEmpty()) {
            return found;
        }
        var all = new ArrayList<>(found);
        for (int i = 0; i <= hostname.length(); i++) {
            for (var table : wildcards.getOrDefault(hostname.substring(i), List.of())) {
                if (!all.contains(table)) {
                    all.add(table);
                }
            }
        }
        all.sort(RouteTable.OLDEST_FIRST);
        return all;
    }
}
