package dev.ambit.control.l7.registry;

import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.compile.Window;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.mesh.model.ServiceKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Every service of the mesh and where its endpoints are.
public final class Registry {
    private final MeshModel mesh;
    private final Services services;
    private final MeshEndpoints endpoints;
    private final PeerModes peers;
    private final Waypoints waypoints;

    private Registry(
            MeshModel mesh,
            Services services,
            MeshEndpoints endpoints,
            PeerModes peers,
            Waypoints waypoints) {
        this.mesh = mesh;
        this.services = services;
        this.endpoints = endpoints;
        this.peers = peers;
        this.waypoints = waypoints;
    }

    public static Registry of(ResourceSet input, MeshModel mesh) {
        var services = MeshServices.of(input, mesh);
        return new Registry(
                mesh,
                new Services(services, mesh),
                MeshEndpoints.of(input, services, mesh),
                new PeerModes(input),
                new Waypoints(mesh));
    }

    /// Of a moment that differs in nothing but pods and their endpoints. Services, and endpoints of
    /// services that are untouched, are the same instances.
    public Registry next(ResourceSet input, MeshModel following) {
        var window = Window.of(mesh.workloads(), following.workloads());
        boolean concerned =
                Stream.concat(
                                window.of(mesh.workloads()).stream(),
                                window.of(following.workloads()).stream())
                        .anyMatch(Waypoints::concerns);
        return new Registry(
                following,
                services,
                endpoints.next(input, following),
                peers,
                concerned ? new Waypoints(following) : waypoints);
    }

    /// Workloads that waypoints stand before, and waypoints' own.
    private static final class Waypoints {
        private final Map<String, List<CompiledWorkload>> workloads = new HashMap<>();
        private final Map<String, CompiledWorkload> pods = new HashMap<>();

        Waypoints(MeshModel mesh) {
            for (var workload : mesh.workloads()) {
                workload.waypoint()
                        .ifPresent(w ->
                                workloads.computeIfAbsent(w, n -> new ArrayList<>()).add(workload));
                if (workload.labels().containsKey(Names.GATEWAY_NAME)) {
                    pods.put(workload.wire().getUid(), workload);
                }
            }
        }

        static boolean concerns(CompiledWorkload workload) {
            return workload.waypoint().isPresent()
                    || workload.labels().containsKey(Names.GATEWAY_NAME);
        }
    }

    /// What pods have no part in.
    private static final class Services {
        private final List<MeshService> all;
        private final Map<ServiceKey, MeshService> byKey = new HashMap<>();
        private final Map<String, List<MeshService>> byHostname = new HashMap<>();
        private final Map<String, List<MeshService>> byWaypoint = new HashMap<>();
        private final List<MeshService> offered;

        Services(List<MeshService> services, MeshModel mesh) {
            all = List.copyOf(services);
            var compiled = new HashMap<ServiceKey, CompiledService>();
            mesh.services().forEach(s -> compiled.put(s.key(), s));
            for (var service : services) {
                byKey.put(service.key(), service);
                byHostname.computeIfAbsent(service.hostname(), h -> new ArrayList<>()).add(service);
                var attached = compiled.get(service.key());
                if (attached != null) {
                    attach(attached.waypoint(), service);
                    attach(attached.canary(), service);
                }
            }
            byWaypoint.replaceAll((waypoint, list) -> List.copyOf(list));
            offered = offered(services, mesh.services());
        }

        private void attach(Optional<String> waypoint, MeshService service) {
            waypoint.ifPresent(
                    name -> byWaypoint.computeIfAbsent(name, n -> new ArrayList<>()).add(service));
        }
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
        return services.all;
    }

    /// Those before which a waypoint stands, oldest first.
    ///
    /// @param waypoint `namespace/name`
    public List<MeshService> attached(String waypoint) {
        return services.byWaypoint.getOrDefault(waypoint, List.of());
    }

    /// Workloads before which a waypoint stands.
    public List<CompiledWorkload> attachedWorkloads(String waypoint) {
        return waypoints.workloads.getOrDefault(waypoint, List.of());
    }

    /// What other networks may reach through this network's gateway, oldest first.
    public List<MeshService> offered() {
        return services.offered;
    }

    public Optional<MeshService> service(ServiceKey key) {
        return Optional.ofNullable(services.byKey.get(key));
    }

    /// All of one hostname, oldest first.
    public List<MeshService> named(String hostname) {
        return services.byHostname.getOrDefault(hostname, List.of());
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
        return endpoints.of(service.key());
    }

    /// Whether a sidecar is told not to take mutual TLS at a port.
    public boolean refusesTls(String namespace, Map<String, String> labels, int port) {
        return peers.disabled(namespace, labels, port);
    }

    /// A pod of a gateway.
    public Optional<CompiledWorkload> pod(String cluster, String namespace, String name) {
        return Optional.ofNullable(waypoints.pods.get(cluster + "//Pod/" + namespace + "/" + name));
    }
}
