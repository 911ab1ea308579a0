package dev.ambit.control.l7.registry;

import com.google.protobuf.ByteString;
import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.compile.PrefixText;
import dev.ambit.control.compile.WorkloadNames;
import dev.ambit.control.l7.registry.MeshEndpoint.Health;
import dev.ambit.control.l7.registry.MeshService.Source;
import dev.ambit.control.resource.Addresses;
import dev.ambit.control.resource.EndpointSpec;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.ServiceEntry;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.proto.workload.IPFamilies;
import dev.ambit.mesh.proto.workload.NetworkMode;
import dev.ambit.mesh.proto.workload.PortList;
import dev.ambit.mesh.proto.workload.TunnelProtocol;
import dev.ambit.mesh.proto.workload.Workload;
import dev.ambit.mesh.proto.workload.WorkloadStatus;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// Endpoints of services, of all clusters and networks: workloads that answer for them, and what
/// ServiceEntries list.
final class MeshEndpoints {
    private static final String TLS_MODE = "security.istio.io/tlsMode";
    private static final String ISTIO_TLS = "istio";
    private static final String DRAINING = "istio.io/draining";
    private static final String UNIX = "unix://";

    private final MeshModel mesh;
    private final Map<ServiceKey, MeshService> services = new HashMap<>();
    private final Map<ServiceKey, IPFamilies> families = new HashMap<>();

    /// `network/address` of what takes HBONE.
    private final Set<String> tunnels = new HashSet<>();

    private final Map<String, Workload> podsByAddress = new HashMap<>();
    private final Map<ServiceKey, List<MeshEndpoint>> found = new HashMap<>();

    private MeshEndpoints(List<MeshService> services, MeshModel mesh) {
        this.mesh = mesh;
        services.forEach(s -> this.services.put(s.key(), s));
        for (CompiledService service : mesh.services()) {
            families.put(service.key(), service.wire().getIpFamilies());
        }
    }

    static Map<ServiceKey, List<MeshEndpoint>> of(
            ResourceSet input, List<MeshService> services, MeshModel mesh) {
        var endpoints = new MeshEndpoints(services, mesh);
        var all = Stream.concat(mesh.workloads().stream(), mesh.distant().stream()).toList();
        mesh.workloads().forEach(endpoints::index);
        all.forEach(endpoints::workload);
        endpoints.found.values().forEach(list -> list.sort(BY_ADDRESS));
        // These stay as they are listed.
        input.all(ServiceEntry.class).forEach(endpoints::entry);
        return endpoints.found;
    }

    private void index(CompiledWorkload workload) {
        var wire = workload.wire();
        if (wire.getNetworkMode() == NetworkMode.HOST_NETWORK) {
            return;
        }
        for (var address : wire.getAddressesList()) {
            if (wire.getTunnelProtocol() == TunnelProtocol.HBONE) {
                tunnels.add(wire.getNetwork() + "/" + text(address));
            }
            if (workload.kind() == CompiledWorkload.Kind.POD) {
                podsByAddress.put(wire.getNamespace() + "/" + text(address), wire);
            }
        }
    }

    private void workload(CompiledWorkload workload) {
        switch (workload.kind()) {
            case POD, ENDPOINT_SLICE -> join(workload);
            case WORKLOAD_ENTRY -> {
                // Each cluster sees the entries, but they are in one place.
                if (workload.wire().getClusterId().equals(mesh.cluster())) {
                    join(workload);
                }
            }
            // What entries list has more to it than ztunnels are told.
            case SERVICE_ENTRY, GATEWAY -> {}
        }
    }

    private void join(CompiledWorkload workload) {
        workload.wire()
                .getServicesMap()
                .forEach((name, ports) -> {
                    int slash = name.indexOf('/');
                    var key = new ServiceKey(name.substring(0, slash), name.substring(slash + 1));
                    var service = services.get(key);
                    if (service != null) {
                        for (var address : addresses(workload, service)) {
                            add(key, endpoint(workload, service, address, ports));
                        }
                    }
                });
    }

    private void add(ServiceKey key, MeshEndpoint endpoint) {
        found.computeIfAbsent(key, k -> new ArrayList<>()).add(endpoint);
    }

    /// Kubernetes has an EndpointSlice per family of the service; without one it is the first.
    private List<String> addresses(CompiledWorkload workload, MeshService service) {
        var wire = workload.wire();
        boolean kubernetes = service.source() == Source.KUBERNETES;
        if (wire.getAddressesCount() == 0) {
            // Kubernetes' services have no names or paths for endpoints.
            return kubernetes && !wire.getHostname().isEmpty()
                    ? List.of()
                    : List.of(wire.getHostname());
        }
        var all = wire.getAddressesList().stream().map(MeshEndpoints::text).toList();
        if (!kubernetes || workload.kind() != CompiledWorkload.Kind.POD) {
            return workload.kind() == CompiledWorkload.Kind.ENDPOINT_SLICE
                    ? all
                    : List.of(all.getFirst());
        }
        return switch (family(service)) {
            case IPV4_ONLY -> first(all, false);
            case IPV6_ONLY -> first(all, true);
            case DUAL ->
                    Stream.concat(first(all, true).stream(), first(all, false).stream()).toList();
            case AUTOMATIC, UNRECOGNIZED -> List.of(all.getFirst());
        };
    }

    private IPFamilies family(MeshService service) {
        var said = families.getOrDefault(service.key(), IPFamilies.AUTOMATIC);
        if (said != IPFamilies.AUTOMATIC) {
            return said;
        }
        boolean v6 = service.addresses().stream().anyMatch(MeshEndpoints::isV6);
        boolean v4 = service.addresses().stream().anyMatch(a -> !isV6(a));
        if (v4 && v6) {
            return IPFamilies.DUAL;
        }
        return v4 ? IPFamilies.IPV4_ONLY : v6 ? IPFamilies.IPV6_ONLY : IPFamilies.AUTOMATIC;
    }

    private static List<String> first(List<String> addresses, boolean v6) {
        return addresses.stream().filter(a -> isV6(a) == v6).limit(1).toList();
    }

    private static boolean isV6(String address) {
        return address.indexOf(':') >= 0;
    }

    private MeshEndpoint endpoint(
            CompiledWorkload workload, MeshService service, String address, PortList ports) {
        var wire = known(workload, address);
        var labels = workload.labels();
        var locality =
                Topology.locality(
                        labels, wire.hasLocality() ? Topology.text(wire.getLocality()) : "");
        boolean entry = workload.kind() == CompiledWorkload.Kind.WORKLOAD_ENTRY;
        return new MeshEndpoint(
                address,
                ports(ports, address),
                Topology.labels(
                        labels, wire.getClusterId(), locality, wire.getNode(), wire.getNetwork()),
                wire.getNetwork(),
                wire.getClusterId(),
                locality,
                weight(wire.getCapacity().getValue()),
                health(workload, service),
                tunnels(labels, wire, address),
                istioTls(labels, entry && !wire.getServiceAccount().isEmpty()),
                wire.getWorkloadName(),
                // What nobody knows is in no namespace.
                wire.getWorkloadName().isEmpty() ? "" : wire.getNamespace(),
                wire.getCanonicalName(),
                revision(wire.getCanonicalRevision()),
                wire.getNode(),
                wire.getServiceAccount());
    }

    /// A hand-made endpoint may have the address of a pod: then it is that pod.
    private Workload known(CompiledWorkload workload, String address) {
        var wire = workload.wire();
        return workload.kind() == CompiledWorkload.Kind.ENDPOINT_SLICE
                ? podsByAddress.getOrDefault(wire.getNamespace() + "/" + address, wire)
                : wire;
    }

    private static Map<Integer, Integer> ports(PortList list, String address) {
        var ports = new HashMap<Integer, Integer>();
        for (var port : list.getPortsList()) {
            ports.put(port.getServicePort(), address.startsWith(UNIX) ? 0 : port.getTargetPort());
        }
        return ports;
    }

    private static Health health(CompiledWorkload workload, MeshService service) {
        boolean ready = workload.wire().getStatus() == WorkloadStatus.HEALTHY;
        return switch (workload.kind()) {
            case POD -> {
                if (!workload.labels().getOrDefault(DRAINING, "").isEmpty()) {
                    yield Health.DRAINING;
                }
                // Kubernetes: one that is published anyhow counts as ready.
                if (ready || service.publishNotReady()) {
                    yield Health.HEALTHY;
                }
                // As istiod: an entry selects pods that are ready.
                boolean gone = workload.leaving() || service.source() == Source.SERVICE_ENTRY;
                yield gone ? Health.TERMINATING : Health.UNHEALTHY;
            }
            case ENDPOINT_SLICE -> ready ? Health.HEALTHY : Health.UNHEALTHY;
            case WORKLOAD_ENTRY, SERVICE_ENTRY, GATEWAY -> Health.NOT_SAID;
        };
    }

    private boolean tunnels(Map<String, String> labels, Workload wire, String address) {
        return labels.getOrDefault(Names.GATEWAY_MANAGED, "").equals(Names.MESH_CONTROLLER)
                || wire.getTunnelProtocol() == TunnelProtocol.HBONE
                || tunnels.contains(wire.getNetwork() + "/" + address);
    }

    private static boolean istioTls(Map<String, String> labels, boolean otherwise) {
        var mode = labels.get(TLS_MODE);
        return mode == null ? otherwise : mode.equals(ISTIO_TLS);
    }

    /// What everybody has is not said.
    private static String revision(String revision) {
        return revision.equals("latest") ? "" : revision;
    }

    private static int weight(int capacity) {
        return capacity == 0 ? 1 : capacity;
    }

    private void entry(ServiceEntry entry) {
        for (var host : entry.hosts()) {
            var key = new ServiceKey(entry.meta().namespace(), host);
            var service = services.get(key);
            if (service == null
                    || service.source() != Source.SERVICE_ENTRY
                    || !service.resource().equals(entry.meta().name())) {
                // An older definition of the host counts.
                continue;
            }
            for (int i = 0; i < entry.endpoints().size(); i++) {
                add(key, listed(entry, service, entry.endpoints().get(i), i));
            }
            boolean implied = entry.endpoints().isEmpty() && entry.workloadSelector().isEmpty();
            switch (service.resolution()) {
                case DNS, DNS_ROUND_ROBIN -> {
                    if (implied) {
                        add(key, implied(entry, service));
                    }
                }
                case STATIC, PASSTHROUGH, DYNAMIC_DNS -> {}
            }
        }
    }

    private MeshEndpoint listed(
            ServiceEntry entry, MeshService service, EndpointSpec spec, int index) {
        var name = entry.meta().name() + "-" + index;
        var labels = spec.labels();
        var locality =
                Topology.locality(spec.locality().isEmpty() ? labels : Map.of(), spec.locality());
        var network = spec.network().isEmpty() ? mesh.network() : spec.network();
        boolean http = List.of(labels.getOrDefault(Names.TUNNEL, "").split(",")).contains("http");
        boolean managed =
                labels.getOrDefault(Names.GATEWAY_MANAGED, "").equals(Names.MESH_CONTROLLER);
        return new MeshEndpoint(
                spec.address(),
                ports(service, spec),
                Topology.labels(labels, mesh.cluster(), locality, "", network),
                spec.network(),
                mesh.cluster(),
                locality,
                weight(spec.weight()),
                Health.NOT_SAID,
                http || managed || tunnels.contains(network + "/" + spec.address()),
                istioTls(labels, !spec.serviceAccount().isEmpty()),
                name,
                entry.meta().namespace(),
                WorkloadNames.canonical(labels, name),
                revision(WorkloadNames.revision(labels)),
                "",
                spec.serviceAccount());
    }

    private static Map<Integer, Integer> ports(MeshService service, EndpointSpec spec) {
        var ports = new LinkedHashMap<Integer, Integer>();
        for (var port : service.ports()) {
            int own = spec.ports().getOrDefault(port.name(), 0);
            ports.put(
                    port.number(),
                    spec.address().startsWith(UNIX) ? 0 : own > 0 ? own : port.targetPort());
        }
        return ports;
    }

    /// A host that DNS knows is its own endpoint.
    private MeshEndpoint implied(ServiceEntry entry, MeshService service) {
        var ports = new LinkedHashMap<Integer, Integer>();
        service.ports().forEach(p -> ports.put(p.number(), p.targetPort()));
        var name = entry.meta().name();
        return new MeshEndpoint(
                service.hostname(),
                ports,
                Map.of(),
                "",
                mesh.cluster(),
                "",
                1,
                Health.NOT_SAID,
                false,
                false,
                name,
                entry.meta().namespace(),
                name,
                "",
                "",
                "");
    }

    private static String text(ByteString address) {
        return PrefixText.ip(address.toByteArray());
    }

    /// Neither files nor clusters have an order that means anything here.
    private static final Comparator<MeshEndpoint> BY_ADDRESS =
            Comparator.comparing(
                            (MeshEndpoint e) ->
                                    Addresses.ip(e.address())
                                            .map(InetAddress::getAddress)
                                            .orElseGet(() -> new byte[0]),
                            Comparator.comparingInt((byte[] b) -> -b.length)
                                    .thenComparing(Arrays::compareUnsigned))
                    .thenComparing(MeshEndpoint::address)
                    .thenComparing(MeshEndpoint::cluster)
                    .thenComparing(MeshEndpoint::network)
                    .thenComparing(MeshEndpoint::workload);
}
