package dev.ambit.control.compile;

import com.google.protobuf.UInt32Value;
import dev.ambit.control.compile.MeshModel.CompiledPolicy;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.compile.MeshModel.CompiledWorkload.Kind;
import dev.ambit.control.resource.EndpointSlice;
import dev.ambit.control.resource.EndpointSpec;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Pod;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.ServiceEntry;
import dev.ambit.control.resource.WorkloadEntry;
import dev.ambit.mesh.proto.workload.NetworkMode;
import dev.ambit.mesh.proto.workload.TunnelProtocol;
import dev.ambit.mesh.proto.workload.Workload;
import dev.ambit.mesh.proto.workload.WorkloadStatus;
import dev.ambit.mesh.proto.workload.WorkloadType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Pods, WorkloadEntries, endpoints of ServiceEntries and hand-made EndpointSlices.
final class WorkloadCompiler {
    private final Surroundings surroundings;
    private final Waypoints waypoints;
    private final PeerAuthentications peers;
    private final List<CompiledPolicy> selecting;
    private final Map<String, List<CompiledService>> servicesByNamespace = new HashMap<>();
    private final Map<String, SelectorIndex> selectors = new HashMap<>();
    private final Map<EndpointSlice.Target, List<EndpointSlice>> slicesByTarget = new HashMap<>();

    WorkloadCompiler(
            Surroundings surroundings,
            Waypoints waypoints,
            PeerAuthentications peers,
            List<CompiledPolicy> policies,
            List<CompiledService> services,
            List<EndpointSlice> slices) {
        this.surroundings = surroundings;
        this.waypoints = waypoints;
        this.peers = peers;
        this.selecting = policies.stream().filter(p -> p.selector().isPresent()).toList();
        for (var service : services) {
            servicesByNamespace
                    .computeIfAbsent(service.wire().getNamespace(), n -> new ArrayList<>())
                    .add(service);
        }
        servicesByNamespace.forEach(
                (namespace, own) -> selectors.put(namespace, SelectorIndex.of(own)));
        slices.forEach(this::index);
    }

    List<CompiledWorkload> compile(ResourceSet input) {
        var workloads = new ArrayList<CompiledWorkload>();
        input.all(Pod.class).forEach(p -> workloads.addAll(pod(p)));
        workloads.addAll(entries(input));
        input.all(EndpointSlice.class).forEach(s -> workloads.addAll(endpoints(s)));
        return workloads;
    }

    /// Of WorkloadEntries and ServiceEntries.
    List<CompiledWorkload> entries(ResourceSet input) {
        var workloads = new ArrayList<CompiledWorkload>();
        input.all(WorkloadEntry.class).forEach(e -> workloads.add(entry(e)));
        input.all(ServiceEntry.class).forEach(e -> workloads.addAll(endpoints(e)));
        return List.copyOf(workloads);
    }

    /// Slices that list a pod.
    List<EndpointSlice> listing(Pod pod) {
        var meta = pod.meta();
        return slicesByTarget.getOrDefault(
                new EndpointSlice.Target("Pod", meta.namespace(), meta.name(), meta.uid()),
                List.of());
    }

    private void index(EndpointSlice slice) {
        if (slice.names()) {
            return;
        }
        for (var endpoint : slice.endpoints()) {
            endpoint.pod()
                    .ifPresent(t ->
                            slicesByTarget.computeIfAbsent(t, k -> new ArrayList<>()).add(slice));
        }
    }

    /// None or one.
    List<CompiledWorkload> pod(Pod pod) {
        var ips = pod.reachableAddresses();
        if (ips.isEmpty()) {
            return List.of();
        }
        var meta = pod.meta();
        boolean ready = pod.status().orElseThrow().ready() && !meta.deleting();
        var wire =
                builder("//Pod/" + meta.path(), meta, surroundings.network())
                        .setServiceAccount(pod.spec().serviceAccount())
                        .setNode(pod.spec().node())
                        .setStatus(ready ? WorkloadStatus.HEALTHY : WorkloadStatus.UNHEALTHY)
                        .addAllAuthorizationPolicies(policies(meta.namespace(), meta.labels()));
        ips.forEach(ip -> Surroundings.bytes(ip).ifPresent(wire::addAddresses));
        if (pod.spec().hostNetwork()) {
            wire.setNetworkMode(NetworkMode.HOST_NETWORK);
        }
        surroundings.localityOfNode(pod.spec().node()).ifPresent(wire::setLocality);
        var services = selecting(meta.namespace(), meta.labels());
        services.addAll(naming(pod, services));
        for (var service : services) {
            wire.putServices(service.key().toString(), WorkloadPorts.ofPod(pod, service));
        }
        var waypoint = attach(wire, meta, services);
        name(wire, WorkloadNames.ofPod(meta), meta);
        return List.of(
                new CompiledWorkload(
                        wire.build(), meta.labels(), waypoint, Kind.POD, meta.deleting()));
    }

    /// Services without a selector that list the pod in an EndpointSlice.
    private List<CompiledService> naming(Pod pod, List<CompiledService> known) {
        var named = new LinkedHashMap<String, CompiledService>();
        for (var slice : listing(pod)) {
            service(slice)
                    .filter(s -> known.stream().noneMatch(k -> k.key().equals(s.key())))
                    .ifPresent(s -> named.put(s.key().toString(), s));
        }
        return List.copyOf(named.values());
    }

    private CompiledWorkload entry(WorkloadEntry entry) {
        var labels = new HashMap<>(entry.spec().labels());
        labels.putAll(entry.meta().labels());
        var meta = entry.meta().withLabels(labels);
        var wire =
                builder(
                                "/networking.istio.io/WorkloadEntry/" + meta.path(),
                                meta,
                                orElse(entry.spec().network(), surroundings.network()))
                        .addAllAuthorizationPolicies(policies(meta.namespace(), labels));
        fill(wire, entry.spec());
        var services = selecting(meta.namespace(), labels);
        for (var service : services) {
            wire.putServices(
                    service.key().toString(), WorkloadPorts.ofEntry(entry.spec(), service));
        }
        var waypoint = attach(wire, meta, services);
        name(wire, WorkloadNames.ofEntry(meta), meta);
        return new CompiledWorkload(wire.build(), labels, waypoint, Kind.WORKLOAD_ENTRY, false);
    }

    private List<CompiledWorkload> endpoints(ServiceEntry entry) {
        var meta = entry.meta();
        var hosts =
                servicesByNamespace.getOrDefault(meta.namespace(), List.of()).stream()
                        .filter(s -> s.entry() && s.wire().getName().equals(meta.name()))
                        .toList();
        if (hosts.isEmpty()) {
            // Older definitions of all its hosts won, or it is hidden.
            return List.of();
        }
        boolean byDns =
                switch (entry.resolution()) {
                    case DNS, DNS_ROUND_ROBIN, DYNAMIC_DNS -> true;
                    case NONE, STATIC -> false;
                };
        var workloads = new ArrayList<CompiledWorkload>();
        if (!entry.endpoints().isEmpty()) {
            var network = surroundings.network();
            for (var endpoint : entry.endpoints()) {
                // As istiod: an endpoint that names no network is in that of the one before it.
                network = orElse(endpoint.network(), network);
                workloads.add(endpoint(entry, endpoint, network, hosts, true));
            }
        } else if (byDns && entry.workloadSelector().isEmpty()) {
            // Each host is its own endpoint, found through DNS by whoever dials it.
            for (var host : hosts) {
                var implied =
                        new EndpointSpec(
                                host.wire().getHostname(), Map.of(), Map.of(), "", "", 0, "");
                workloads.add(
                        endpoint(entry, implied, surroundings.network(), List.of(host), false));
            }
        }
        return workloads;
    }

    /// As istiod: policies are chosen by the entry's own labels, not by the endpoint's.
    private CompiledWorkload endpoint(
            ServiceEntry entry,
            EndpointSpec spec,
            String network,
            List<CompiledService> hosts,
            boolean written) {
        var meta = entry.meta();
        var path = "/networking.istio.io/ServiceEntry/" + meta.path() + "/" + spec.address();
        var wire =
                builder(path, meta, network)
                        .addAllAuthorizationPolicies(policies(meta.namespace(), meta.labels()));
        fill(wire, spec);
        for (var host : hosts) {
            wire.putServices(host.key().toString(), WorkloadPorts.ofEntry(spec, host));
        }
        var waypoint = Optional.<String>empty();
        if (written) {
            waypoint = attach(wire, meta.withLabels(spec.labels()), hosts);
        } else {
            wire.addAllAuthorizationPolicies(waypoints.allowing(Optional.empty(), hosts));
        }
        name(wire, meta.name(), meta);
        return new CompiledWorkload(
                wire.build(), spec.labels(), waypoint, Kind.SERVICE_ENTRY, false);
    }

    /// Endpoints that stand for a pod are left to the pod, which knows more.
    List<CompiledWorkload> endpoints(EndpointSlice slice) {
        var service = service(slice);
        var workloads = new ArrayList<CompiledWorkload>();
        if (service.isEmpty() || slice.names()) {
            return workloads;
        }
        var seen = new HashSet<String>();
        for (var endpoint : slice.endpoints()) {
            if (endpoint.pod().isEmpty()
                    && !endpoint.addresses().isEmpty()
                    && seen.add(endpoint.addresses().getFirst())) {
                opaque(slice, endpoint, service.get()).ifPresent(workloads::add);
            }
        }
        return workloads;
    }

    private Optional<CompiledWorkload> opaque(
            EndpointSlice slice, EndpointSlice.Endpoint endpoint, CompiledService service) {
        var meta = slice.meta();
        var uid = surroundings.cluster() + "/discovery.k8s.io/EndpointSlice/" + meta.path();
        var wire =
                Workload.newBuilder()
                        .setUid(uid + "/" + endpoint.addresses().getFirst())
                        .setName(meta.name())
                        .setNamespace(meta.namespace())
                        .setNetwork(surroundings.network())
                        .setClusterId(surroundings.cluster())
                        .setTrustDomain(surroundings.wireTrustDomain())
                        // Nobody knows what is behind the address: it is not looked up by it.
                        .setNetworkMode(NetworkMode.HOST_NETWORK)
                        .setStatus(
                                endpoint.ready()
                                        ? WorkloadStatus.HEALTHY
                                        : WorkloadStatus.UNHEALTHY)
                        .putServices(
                                service.key().toString(), WorkloadPorts.ofSlice(slice, service));
        for (var address : endpoint.addresses()) {
            var bytes = Surroundings.bytes(address);
            if (bytes.isEmpty()) {
                return Optional.empty();
            }
            wire.addAddresses(bytes.get());
        }
        return Optional.of(new CompiledWorkload(wire.build(), Map.of(), Kind.ENDPOINT_SLICE));
    }

    private Optional<CompiledService> service(EndpointSlice slice) {
        return servicesByNamespace.getOrDefault(slice.meta().namespace(), List.of()).stream()
                .filter(s -> !s.entry() && s.wire().getName().equals(slice.service()))
                .findFirst();
    }

    private Workload.Builder builder(String path, Meta meta, String network) {
        var builder =
                Workload.newBuilder()
                        .setUid(surroundings.cluster() + path)
                        .setName(meta.name())
                        .setNamespace(meta.namespace())
                        .setNetwork(network)
                        .setClusterId(surroundings.cluster())
                        .setTrustDomain(surroundings.wireTrustDomain())
                        // As istiod: always POD, whatever owns it.
                        .setWorkloadType(WorkloadType.POD);
        surroundings.gateways().wayTo(network).ifPresent(builder::setNetworkGateway);
        return builder;
    }

    private static void fill(Workload.Builder wire, EndpointSpec spec) {
        wire.setServiceAccount(spec.serviceAccount());
        Surroundings.bytes(spec.address())
                .ifPresentOrElse(wire::addAddresses, () -> wire.setHostname(spec.address()));
        Surroundings.locality(spec.locality()).ifPresent(wire::setLocality);
        if (spec.weight() > 0) {
            wire.setCapacity(UInt32Value.of(spec.weight()));
        }
    }

    private Optional<String> attach(
            Workload.Builder wire, Meta meta, List<CompiledService> services) {
        var attachment = waypoints.forWorkload(meta);
        attachment.tunnel().ifPresent(wire::setApplicationTunnel);
        attachment.waypoint().flatMap(Waypoint::address).ifPresent(wire::setWaypoint);
        wire.addAllAuthorizationPolicies(waypoints.allowing(attachment.waypoint(), services));
        return attachment.waypoint().map(Waypoint::name);
    }

    private static void name(Workload.Builder wire, String workloadName, Meta meta) {
        wire.setWorkloadName(workloadName)
                .setCanonicalName(WorkloadNames.canonical(meta, workloadName))
                .setCanonicalRevision(WorkloadNames.revision(meta));
        if (meta.annotation(Names.REDIRECTION).equals("enabled")) {
            wire.setTunnelProtocol(TunnelProtocol.HBONE);
        }
        // A comma separated list of what it can receive by itself.
        if (List.of(meta.label(Names.TUNNEL).split(",")).contains("http")) {
            wire.setTunnelProtocol(TunnelProtocol.HBONE).setNativeTunnel(true);
        }
    }

    private static String orElse(String value, String absent) {
        return value.isEmpty() ? absent : value;
    }

    private List<CompiledService> selecting(String namespace, Map<String, String> labels) {
        var index = selectors.get(namespace);
        return index == null ? new ArrayList<>() : index.selecting(labels);
    }

    private List<String> policies(String namespace, Map<String, String> labels) {
        var all = new ArrayList<>(authorizations(namespace, labels));
        all.addAll(peers.references(namespace, labels));
        return all;
    }

    private List<String> authorizations(String namespace, Map<String, String> labels) {
        var root = surroundings.mesh().rootNamespace();
        return selecting.stream()
                .filter(p ->
                        p.wire().getNamespace().equals(namespace)
                                || p.wire().getNamespace().equals(root))
                .filter(p -> Selectors.matches(p.selector().orElseThrow(), labels))
                .map(CompiledPolicy::name)
                .sorted()
                .toList();
    }
}
