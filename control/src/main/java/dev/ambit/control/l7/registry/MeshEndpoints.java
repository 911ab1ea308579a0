package dev.ambit.control.l7.registry;

import com.google.protobuf.ByteString;
import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.compile.PrefixText;
import dev.ambit.control.compile.Window;
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
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Endpoints of services, of all clusters and networks: workloads that answer for them, and what
/// ServiceEntries list.
final class MeshEndpoints {
    private static final String TLS_MODE = "security.istio.io/tlsMode";
    private static final String ISTIO_TLS = "istio";
    private static final String DRAINING = "istio.io/draining";
    private static final String UNIX = "unix://";

    private final MeshModel mesh;

    /// By `namespace/hostname`.
    private final Map<String, MeshService> services;

    private final Map<ServiceKey, IPFamilies> families;

    /// Workloads by service, `namespace/hostname`.
    private final Map<String, List<CompiledWorkload>> workloads = new HashMap<>();

    /// Services with workloads that are no pods, or were at an earlier moment.
    private final Set<String> shared = new HashSet<>();

    private final Map<ServiceKey, List<MeshEndpoint>> found = new HashMap<>();

    /// By address, of this network; made when somebody asks.
    private Optional<Map<ByteString, CompiledWorkload>> addresses = Optional.empty();

    private MeshEndpoints(
            MeshModel mesh,
            Map<String, MeshService> services,
            Map<ServiceKey, IPFamilies> families) {
        this.mesh = mesh;
        this.services = services;
        this.families = families;
    }

    static MeshEndpoints of(ResourceSet input, List<MeshService> services, MeshModel mesh) {
        var byName = new HashMap<String, MeshService>();
        services.forEach(s -> byName.put(s.key().toString(), s));
        var families = new HashMap<ServiceKey, IPFamilies>();
        for (CompiledService service : mesh.services()) {
            families.put(service.key(), service.wire().getIpFamilies());
        }
        var endpoints = new MeshEndpoints(mesh, byName, families);
        mesh.workloads().forEach(w -> endpoints.join(w, list -> list.add(w)));
        mesh.distant().forEach(w -> endpoints.join(w, list -> list.add(w)));
        endpoints.workloads.forEach(endpoints::answer);
        // These stay as they are listed.
        input.all(ServiceEntry.class).forEach(endpoints::entry);
        return endpoints;
    }

    /// Those of another moment with the same services and no other clusters. Where nothing has
    /// changed, lists are the same instances.
    MeshEndpoints next(ResourceSet input, MeshModel following) {
        var next = new MeshEndpoints(following, services, families);
        next.workloads.putAll(workloads);
        next.shared.addAll(shared);
        next.found.putAll(found);
        var window = Window.of(mesh.workloads(), following.workloads());
        var touched = new HashSet<String>();
        for (var gone : window.of(mesh.workloads())) {
            next.change(gone, touched, list -> list.remove(gone));
        }
        for (var come : window.of(following.workloads())) {
            next.change(come, touched, list -> list.add(come));
        }
        // They may be told by who else has their address, and that one may be another now.
        touched.addAll(next.shared);
        for (var service : touched) {
            next.answer(service, next.workloads.getOrDefault(service, List.of()));
        }
        input.all(ServiceEntry.class).forEach(next::entry);
        next.found.replaceAll((key, list) -> {
            var old = of(key);
            return old.equals(list) ? old : list;
        });
        return next;
    }

    /// By address; what a ServiceEntry lists, in its order.
    List<MeshEndpoint> of(ServiceKey service) {
        return found.getOrDefault(service, List.of());
    }

    /// Lists are shared with the moment before: the first change makes its own.
    private void change(
            CompiledWorkload workload,
            Set<String> touched,
            Consumer<List<CompiledWorkload>> change) {
        if (counts(workload)) {
            for (var service : workload.wire().getServicesMap().keySet()) {
                if (touched.add(service)) {
                    workloads.computeIfPresent(service, (s, list) -> new ArrayList<>(list));
                }
            }
        }
        join(workload, change);
    }

    private void join(CompiledWorkload workload, Consumer<List<CompiledWorkload>> change) {
        if (counts(workload)) {
            for (var service : workload.wire().getServicesMap().keySet()) {
                change.accept(workloads.computeIfAbsent(service, s -> new ArrayList<>()));
                if (workload.kind() != CompiledWorkload.Kind.POD) {
                    shared.add(service);
                }
            }
        }
    }

    private boolean counts(CompiledWorkload workload) {
        return switch (workload.kind()) {
            case POD, ENDPOINT_SLICE -> true;
            // Each cluster sees the entries, but they are in one place.
            case WORKLOAD_ENTRY -> workload.wire().getClusterId().equals(mesh.cluster());
            // What entries list has more to it than ztunnels are told.
            case SERVICE_ENTRY, GATEWAY -> false;
        };
    }

    private void answer(String name, List<CompiledWorkload> own) {
        var service = services.get(name);
        if (service == null) {
            return;
        }
        var endpoints = new ArrayList<MeshEndpoint>();
        for (var workload : own) {
            var ports = workload.wire().getServicesOrDefault(name, PortList.getDefaultInstance());
            for (var address : addresses(workload, service)) {
                endpoints.add(endpoint(workload, service, address, ports));
            }
        }
        endpoints.sort(BY_ADDRESS);
        found.put(service.key(), endpoints);
    }

    private Optional<CompiledWorkload> at(String address) {
        if (addresses.isEmpty()) {
            var index = new HashMap<ByteString, CompiledWorkload>();
            for (var workload : mesh.workloads()) {
                if (workload.wire().getNetworkMode() != NetworkMode.HOST_NETWORK) {
                    for (var ip : workload.wire().getAddressesList()) {
                        index.putIfAbsent(ip, workload);
                    }
                }
            }
            addresses = Optional.of(index);
        }
        return Addresses.ip(address)
                .map(ip -> ByteString.copyFrom(ip.getAddress()))
                .map(addresses.get()::get);
    }

    /// Whether something of that network at that address takes HBONE.
    private boolean tunnels(String network, String address) {
        return at(address)
                .map(CompiledWorkload::wire)
                .filter(w -> w.getNetwork().equals(network))
                .filter(w -> w.getTunnelProtocol() == TunnelProtocol.HBONE)
                .isPresent();
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
        if (all.size() == 1) {
            return all;
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
        boolean pod = workload.kind() == CompiledWorkload.Kind.POD;
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
                tunnels(labels, wire) || (!pod && tunnels(wire.getNetwork(), address)),
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
        if (workload.kind() != CompiledWorkload.Kind.ENDPOINT_SLICE) {
            return wire;
        }
        return at(address)
                .filter(w -> w.kind() == CompiledWorkload.Kind.POD)
                .map(CompiledWorkload::wire)
                .filter(w -> w.getNamespace().equals(wire.getNamespace()))
                .orElse(wire);
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

    private static boolean tunnels(Map<String, String> labels, Workload wire) {
        return labels.getOrDefault(Names.GATEWAY_MANAGED, "").equals(Names.MESH_CONTROLLER)
                || wire.getTunnelProtocol() == TunnelProtocol.HBONE;
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
            var service = services.get(key.toString());
            if (service == null
                    || service.source() != Source.SERVICE_ENTRY
                    || !service.resource().equals(entry.meta().name())) {
                // An older definition of the host counts.
                continue;
            }
            var endpoints = new ArrayList<MeshEndpoint>();
            for (int i = 0; i < entry.endpoints().size(); i++) {
                endpoints.add(listed(entry, service, entry.endpoints().get(i), i));
            }
            boolean implied = entry.endpoints().isEmpty() && entry.workloadSelector().isEmpty();
            switch (service.resolution()) {
                case DNS, DNS_ROUND_ROBIN -> {
                    if (implied) {
                        endpoints.add(implied(entry, service));
                    }
                }
                case STATIC, PASSTHROUGH, DYNAMIC_DNS -> {}
            }
            if (!endpoints.isEmpty()) {
                found.put(key, endpoints);
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
                http || managed || tunnels(network, spec.address()),
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
