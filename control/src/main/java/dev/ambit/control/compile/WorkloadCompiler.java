package dev.ambit.control.compile;

import com.google.protobuf.UInt32Value;
import dev.ambit.control.compile.MeshModel.CompiledPolicy;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.resource.EndpointSlice;
import dev.ambit.control.resource.EndpointSpec;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Pod;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.ServiceEntry;
import dev.ambit.control.resource.WorkloadEntry;
import dev.ambit.mesh.proto.workload.NetworkMode;
import dev.ambit.mesh.proto.workload.Port;
import dev.ambit.mesh.proto.workload.PortList;
import dev.ambit.mesh.proto.workload.TunnelProtocol;
import dev.ambit.mesh.proto.workload.Workload;
import dev.ambit.mesh.proto.workload.WorkloadStatus;
import dev.ambit.mesh.proto.workload.WorkloadType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Pods, WorkloadEntries, endpoints of ServiceEntries and hand-made EndpointSlices.
final class WorkloadCompiler {
    private static final Pattern OF_CRON_JOB = Pattern.compile("(.+)-\\d{8,10}");

    private final Surroundings surroundings;
    private final Waypoints waypoints;
    private final PeerAuthentications peers;
    private final List<CompiledPolicy> selecting;
    private final Map<String, List<CompiledService>> servicesByNamespace = new HashMap<>();

    WorkloadCompiler(
            Surroundings surroundings,
            Waypoints waypoints,
            PeerAuthentications peers,
            List<CompiledPolicy> policies,
            List<CompiledService> services) {
        this.surroundings = surroundings;
        this.waypoints = waypoints;
        this.peers = peers;
        this.selecting = policies.stream().filter(p -> p.selector().isPresent()).toList();
        for (var service : services) {
            servicesByNamespace
                    .computeIfAbsent(service.wire().getNamespace(), n -> new ArrayList<>())
                    .add(service);
        }
    }

    List<CompiledWorkload> compile(ResourceSet input) {
        var workloads = new ArrayList<CompiledWorkload>();
        input.all(Pod.class).forEach(p -> pod(p).ifPresent(workloads::add));
        input.all(WorkloadEntry.class).forEach(e -> workloads.add(entry(e)));
        input.all(ServiceEntry.class).forEach(e -> workloads.addAll(endpoints(e)));
        var seen = new HashSet<String>();
        for (var slice : input.all(EndpointSlice.class)) {
            workloads.addAll(endpoints(slice, seen));
        }
        return workloads;
    }

    private Optional<CompiledWorkload> pod(Pod pod) {
        var ips = pod.reachableAddresses();
        if (ips.isEmpty()) {
            return Optional.empty();
        }
        var meta = pod.meta();
        boolean ready = pod.status().orElseThrow().ready() && !meta.deleting();
        var wire =
                builder("//Pod/" + meta.path(), meta, meta.labels())
                        .setServiceAccount(pod.spec().serviceAccount())
                        .setNode(pod.spec().node())
                        .setStatus(ready ? WorkloadStatus.HEALTHY : WorkloadStatus.UNHEALTHY)
                        .addAllAuthorizationPolicies(policies(meta.namespace(), meta.labels()));
        ips.forEach(ip -> Surroundings.bytes(ip).ifPresent(wire::addAddresses));
        if (pod.spec().hostNetwork()) {
            wire.setNetworkMode(NetworkMode.HOST_NETWORK);
        }
        surroundings.localityOfNode(pod.spec().node()).ifPresent(wire::setLocality);
        var tunnel = waypoints.tunnelOf(meta);
        tunnel.ifPresent(wire::setApplicationTunnel);
        if (tunnel.isEmpty()) {
            waypoints.forWorkload(meta).ifPresent(wire::setWaypoint);
        }
        var services = selecting(meta.namespace(), meta.labels());
        for (var service : services) {
            wire.putServices(service.key().toString(), podPorts(pod, service));
        }
        wire.addAllAuthorizationPolicies(waypoints.allowing(wire, services));
        names(wire, workloadName(meta), meta);
        return Optional.of(new CompiledWorkload(wire.build(), meta.labels()));
    }

    private CompiledWorkload entry(WorkloadEntry entry) {
        var meta = entry.meta();
        var labels = new HashMap<>(meta.labels());
        labels.putAll(entry.spec().labels());
        var merged = withLabels(meta, labels);
        var wire =
                builder("/networking.istio.io/WorkloadEntry/" + meta.path(), meta, labels)
                        .addAllAuthorizationPolicies(policies(meta.namespace(), labels));
        fill(wire, entry.spec());
        if (wire.getAddressesCount() == 0) {
            wire.setHostname(entry.spec().address());
        }
        waypoints.forWorkload(merged).ifPresent(wire::setWaypoint);
        var services = selecting(meta.namespace(), labels);
        for (var service : services) {
            wire.putServices(service.key().toString(), entryPorts(entry.spec(), service));
        }
        wire.addAllAuthorizationPolicies(waypoints.allowing(wire, services));
        names(wire, meta.name(), merged);
        return new CompiledWorkload(wire.build(), labels);
    }

    private List<CompiledWorkload> endpoints(ServiceEntry entry) {
        var meta = entry.meta();
        var hosts =
                servicesByNamespace.getOrDefault(meta.namespace(), List.of()).stream()
                        .filter(s -> s.entry() && s.wire().getName().equals(meta.name()))
                        .toList();
        boolean byDns =
                switch (entry.resolution()) {
                    case DNS, DNS_ROUND_ROBIN, DYNAMIC_DNS -> true;
                    case NONE, STATIC -> false;
                };
        var workloads = new ArrayList<CompiledWorkload>();
        if (!entry.endpoints().isEmpty()) {
            for (var endpoint : entry.endpoints()) {
                workloads.add(endpoint(entry, endpoint, hosts, true));
            }
        } else if (byDns && entry.workloadSelector().isEmpty()) {
            // Each host is its own endpoint, found through DNS by whoever dials it.
            for (var host : hosts) {
                var implied =
                        new EndpointSpec(
                                host.wire().getHostname(), Map.of(), Map.of(), "", "", 0, "");
                workloads.add(endpoint(entry, implied, List.of(host), false));
            }
        }
        return workloads;
    }

    private CompiledWorkload endpoint(
            ServiceEntry entry, EndpointSpec spec, List<CompiledService> hosts, boolean written) {
        var meta = entry.meta();
        var wire =
                builder(
                        "/networking.istio.io/ServiceEntry/" + meta.path() + "/" + spec.address(),
                        meta,
                        spec.labels());
        fill(wire, spec);
        if (wire.getAddressesCount() == 0) {
            wire.setHostname(spec.address());
        }
        // As istiod: policies are chosen by the entry's own labels, not by the endpoint's.
        wire.addAllAuthorizationPolicies(authorizations(meta.namespace(), meta.labels()));
        wire.addAllAuthorizationPolicies(peers.references(meta.namespace(), spec.labels()));
        if (written) {
            waypoints.forWorkload(withLabels(meta, spec.labels())).ifPresent(wire::setWaypoint);
        }
        for (var host : hosts) {
            wire.putServices(host.key().toString(), entryPorts(spec, host));
        }
        names(wire, meta.name(), meta);
        return new CompiledWorkload(wire.build(), spec.labels());
    }

    /// Endpoints that stand for a pod are left to the pod, which knows more.
    private List<CompiledWorkload> endpoints(EndpointSlice slice, Set<String> seen) {
        var meta = slice.meta();
        var service =
                servicesByNamespace.getOrDefault(meta.namespace(), List.of()).stream()
                        .filter(s -> !s.entry() && s.wire().getName().equals(slice.service()))
                        .findFirst();
        var workloads = new ArrayList<CompiledWorkload>();
        if (service.isEmpty()) {
            return workloads;
        }
        for (var endpoint : slice.endpoints()) {
            if (endpoint.targetKind().equals("Pod") || endpoint.addresses().isEmpty()) {
                continue;
            }
            var ip = endpoint.addresses().getFirst();
            var address = Surroundings.bytes(ip);
            if (address.isEmpty() || !seen.add(service.get().key() + " " + ip)) {
                continue;
            }
            var wire =
                    Workload.newBuilder()
                            .setUid(
                                    surroundings.settings().clusterId()
                                            + "/discovery.k8s.io/EndpointSlice/"
                                            + meta.path()
                                            + "/"
                                            + ip)
                            .setName(meta.name())
                            .setNamespace(meta.namespace())
                            .setNetwork(surroundings.network(Map.of()))
                            .setClusterId(surroundings.settings().clusterId())
                            .setTrustDomain(surroundings.wireTrustDomain())
                            .addAddresses(address.get())
                            // Nobody knows what is behind the address: it is not looked up by it.
                            .setNetworkMode(NetworkMode.HOST_NETWORK)
                            .setStatus(
                                    endpoint.ready()
                                            ? WorkloadStatus.HEALTHY
                                            : WorkloadStatus.UNHEALTHY)
                            .putServices(
                                    service.get().key().toString(),
                                    slicePorts(slice, service.get()));
            workloads.add(new CompiledWorkload(wire.build(), Map.of()));
        }
        return workloads;
    }

    private Workload.Builder builder(String path, Meta meta, Map<String, String> labels) {
        var cluster = surroundings.settings().clusterId();
        return Workload.newBuilder()
                .setUid(cluster + path)
                .setName(meta.name())
                .setNamespace(meta.namespace())
                .setNetwork(surroundings.network(labels))
                .setClusterId(cluster)
                .setTrustDomain(surroundings.wireTrustDomain())
                // As istiod: always POD, whatever owns it.
                .setWorkloadType(WorkloadType.POD);
    }

    private static void fill(Workload.Builder wire, EndpointSpec spec) {
        wire.setServiceAccount(spec.serviceAccount());
        Surroundings.bytes(spec.address()).ifPresent(wire::addAddresses);
        Surroundings.locality(spec.locality()).ifPresent(wire::setLocality);
        if (!spec.network().isEmpty()) {
            wire.setNetwork(spec.network());
        }
        if (spec.weight() > 0) {
            wire.setCapacity(UInt32Value.of(spec.weight()));
        }
    }

    private static void names(Workload.Builder wire, String workloadName, Meta meta) {
        wire.setWorkloadName(workloadName)
                .setCanonicalName(
                        first(
                                meta.label(Names.CANONICAL_NAME),
                                meta.label("app.kubernetes.io/name"),
                                meta.label("app"),
                                workloadName))
                .setCanonicalRevision(
                        first(
                                meta.label(Names.CANONICAL_REVISION),
                                meta.label("app.kubernetes.io/version"),
                                meta.label("version"),
                                "latest"));
        if (meta.annotation(Names.REDIRECTION).equals("enabled")) {
            wire.setTunnelProtocol(TunnelProtocol.HBONE);
        }
        // A comma separated list of what it can receive by itself.
        if (List.of(meta.label(Names.TUNNEL).split(",")).contains("http")) {
            wire.setTunnelProtocol(TunnelProtocol.HBONE).setNativeTunnel(true);
        }
    }

    private static String first(String... candidates) {
        return Stream.of(candidates).filter(c -> !c.isEmpty()).findFirst().orElse("");
    }

    /// The owner's name; of a ReplicaSet its Deployment's, of a Job its CronJob's.
    private static String workloadName(Meta meta) {
        var owner = meta.controller();
        if (owner.isEmpty() || !meta.generated()) {
            return meta.name();
        }
        var name = owner.get().name();
        return switch (owner.get().kind()) {
            case "ReplicaSet" -> {
                var suffix = "-" + meta.label(Names.POD_TEMPLATE_HASH);
                yield suffix.length() > 1 && name.endsWith(suffix)
                        ? name.substring(0, name.length() - suffix.length())
                        : name;
            }
            case "Job" -> {
                var matcher = OF_CRON_JOB.matcher(name);
                yield matcher.matches() ? matcher.group(1) : name;
            }
            default -> name;
        };
    }

    private List<CompiledService> selecting(String namespace, Map<String, String> labels) {
        return servicesByNamespace.getOrDefault(namespace, List.of()).stream()
                .filter(s -> Selectors.selects(s.selector(), labels))
                .toList();
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

    private static PortList podPorts(Pod pod, CompiledService service) {
        var list = PortList.newBuilder();
        for (int i = 0; i < service.names().size(); i++) {
            var port = service.wire().getPorts(i);
            var named = service.names().get(i).target();
            var target = named.isEmpty() ? port.getTargetPort() : pod.spec().port(named).orElse(0);
            // A pod without a port of that name has nothing to offer there.
            if (target != 0) {
                list.addPorts(port(port.getServicePort(), target));
            }
        }
        return list.build();
    }

    private static PortList entryPorts(EndpointSpec spec, CompiledService service) {
        var list = PortList.newBuilder();
        for (int i = 0; i < service.names().size(); i++) {
            var port = service.wire().getPorts(i);
            var names = service.names().get(i);
            int target = port.getTargetPort();
            if (service.entry()) {
                target = spec.ports().getOrDefault(names.port(), target);
            } else if (!names.target().isEmpty()) {
                target = spec.ports().getOrDefault(names.target(), 0);
            }
            if (target != 0) {
                list.addPorts(port(port.getServicePort(), target));
            }
        }
        return list.build();
    }

    private static PortList slicePorts(EndpointSlice slice, CompiledService service) {
        var list = PortList.newBuilder();
        for (var offered : slice.ports()) {
            for (int i = 0; i < service.names().size(); i++) {
                if (offered.protocol().equals("TCP")
                        && service.names().get(i).port().equals(offered.name())) {
                    list.addPorts(
                            port(service.wire().getPorts(i).getServicePort(), offered.port()));
                    break;
                }
            }
        }
        return list.build();
    }

    private static Port port(int servicePort, int targetPort) {
        return Port.newBuilder().setServicePort(servicePort).setTargetPort(targetPort).build();
    }

    private static Meta withLabels(Meta meta, Map<String, String> labels) {
        return new Meta(
                meta.namespace(),
                meta.name(),
                labels,
                meta.annotations(),
                meta.created(),
                meta.deleting(),
                meta.controller(),
                meta.generated(),
                meta.origin());
    }
}
