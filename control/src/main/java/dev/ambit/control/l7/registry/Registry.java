package dev.ambit.control.l7.registry;

import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.mesh.model.ServiceKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Every service of the mesh and where its endpoints are.
public final class Registry {
    private final List<MeshService> services;
    private final Map<ServiceKey, MeshService> byKey = new HashMap<>();
    private final Map<String, List<MeshService>> byHostname = new HashMap<>();
    private final Map<String, List<MeshService>> byWaypoint = new HashMap<>();
    private final Map<String, List<CompiledWorkload>> workloadsByWaypoint = new HashMap<>();
    private final Map<String, CompiledWorkload> pods = new HashMap<>();
    private final List<MeshService> offered;
    private final Map<ServiceKey, List<MeshEndpoint>> endpoints;
    private final PeerModes peers;

    private Registry(
            List<MeshService> services,
            Map<ServiceKey, List<MeshEndpoint>> endpoints,
            PeerModes peers,
            MeshModel mesh) {
        this.endpoints = endpoints;
        this.peers = peers;
        this.services = List.copyOf(services);
        for (var service : services) {
            byKey.put(service.key(), service);
            byHostname.computeIfAbsent(service.hostname(), h -> new ArrayList<>()).add(service);
        }
        var compiled = new HashMap<ServiceKey, CompiledService>();
        mesh.services().forEach(s -> compiled.put(s.key(), s));
        for (var service : services) {
            var attached = compiled.get(service.key());
            if (attached != null) {
                attach(attached.waypoint(), service);
                attach(attached.canary(), service);
            }
        }
        for (var workload : mesh.workloads()) {
            workload.waypoint()
                    .ifPresent(w ->
                            workloadsByWaypoint
                                    .computeIfAbsent(w, n -> new ArrayList<>())
                                    .add(workload));
            pods.put(workload.wire().getUid(), workload);
        }
        this.offered = offered(services, mesh.services());
    }

    public static Registry of(ResourceSet input, MeshModel mesh) {
        var services = MeshServices.of(input, mesh);
        return new Registry(
                services, MeshEndpoints.of(input, services, mesh), new PeerModes(input), mesh);
    }

    private void attach(Optional<String> waypoint, MeshService service) {
        waypoint.ifPresent(
                name -> byWaypoint.computeIfAbsent(name, n -> new ArrayList<>()).add(service));
    }

    /// What the gateway to this network leads to: global services, and the waypoints of those.
    private static List<MeshService> offered(
            List<MeshService> services, List<CompiledService> compiled) {
        var waypoints = new HashSet<ServiceKey>();
        for (var service : compiled) {
            if (service.global() && service.wire().hasWaypoint()) {
                var name = service.wire().getWaypoint().getHostname();
                waypoints.add(new ServiceKey(name.getNamespace(), name.getHostname()));
            }
        }
        return services.stream().filter(s -> s.global() || waypoints.contains(s.key())).toList();
    }

    /// Oldest first.
    public List<MeshService> services() {
        return services;
    }

    /// Those before which a waypoint stands, oldest first.
    ///
    /// @param waypoint `namespace/name`
    public List<MeshService> attached(String waypoint) {
        return byWaypoint.getOrDefault(waypoint, List.of());
    }

    /// Workloads before which a waypoint stands.
    public List<CompiledWorkload> attachedWorkloads(String waypoint) {
        return workloadsByWaypoint.getOrDefault(waypoint, List.of());
    }

    /// What other networks may reach through this network's gateway, oldest first.
    public List<MeshService> offered() {
        return offered;
    }

    public Optional<MeshService> service(ServiceKey key) {
        return Optional.ofNullable(byKey.get(key));
    }

    /// All of one hostname, oldest first.
    public List<MeshService> named(String hostname) {
        return byHostname.getOrDefault(hostname, List.of());
    }

    /// The one that a resource of `namespace` means by a hostname: its own namespace's, else a
    /// Kubernetes service, else the oldest.
    public Optional<MeshService> service(String hostname, String namespace) {
        return service(hostname, Set.of(namespace));
    }

    /// The same, for a hostname that may be of any of some namespaces.
    public Optional<MeshService> service(String hostname, Set<String> namespaces) {
        var all = named(hostname);
        return all.stream()
                .filter(s -> namespaces.contains(s.namespace()))
                .findFirst()
                .or(() ->
                        all.stream()
                                .filter(s -> s.source() == MeshService.Source.KUBERNETES)
                                .findFirst())
                .or(() -> all.stream().findFirst());
    }

    /// In all clusters and networks, by address.
    public List<MeshEndpoint> endpoints(MeshService service) {
        return endpoints.getOrDefault(service.key(), List.of());
    }

    /// Whether a sidecar is told not to take mutual TLS at a port.
    public boolean refusesTls(String namespace, Map<String, String> labels, int port) {
        return peers.disabled(namespace, labels, port);
    }

    /// A pod of the cluster that is configured.
    public Optional<CompiledWorkload> pod(String cluster, String namespace, String name) {
        return Optional.ofNullable(pods.get(cluster + "//Pod/" + namespace + "/" + name));
    }
}
