package dev.ambit.control.resource;

import dev.ambit.mesh.model.Cidr;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;

/// Stands in for a scheduler, a kubelet and an API server, so that hand-written YAML without
/// addresses describes a mesh: pods without a status get a node and an address, Deployments without
/// pods get `replicas` pods named `<deployment>-<index>`, services get a `clusterIP`.
///
/// A pure function, so that two processes that read the same directory agree. Nodes are taken in
/// turn in the order of the input (a `nodeName` is honoured and does not count); addresses come
/// from a hash of namespace and name, so that adding a pod moves no other pod's address unless two
/// hashes meet. Pods with a status are left alone. IPv4 only.
public final class PodPlanner {
    private static final int FIRST_HOST = 10;

    private final PlanSettings settings;
    private final Map<String, Set<Integer>> taken = new HashMap<>();
    private final Map<String, Namespace> namespaces = new HashMap<>();
    private final List<Problem> problems = new ArrayList<>();
    private int turn;

    private PodPlanner(PlanSettings settings) {
        this.settings = settings;
    }

    public static Plan plan(ResourceSet input, PlanSettings settings) {
        return new PodPlanner(settings).plan(input);
    }

    private Plan plan(ResourceSet input) {
        reserve(input);
        problems.addAll(input.problems());
        var owners = new HashSet<String>();
        for (var pod : input.all(Pod.class)) {
            pod.meta().controller().ifPresent(o -> owners.add(deploymentOf(pod.meta(), o)));
        }
        var pods = new ArrayList<Pod>();
        var services = new ArrayList<Service>();
        var complete = new ArrayList<Resource>();
        for (var resource : input.resources()) {
            switch (resource) {
                case Pod pod when pod.status().isEmpty() -> {
                    place(pod.meta(), pod.spec()).ifPresent(pods::add);
                }
                case Deployment deployment -> {
                    complete.add(deployment);
                    if (!owners.contains(deployment.meta().path())) {
                        pods.addAll(replicas(deployment));
                    }
                }
                case Service service when needsAddress(service) -> {
                    address(service).ifPresent(services::add);
                }
                default -> complete.add(resource);
            }
        }
        complete.addAll(pods);
        complete.addAll(services);
        addNodes(input, complete);
        return new Plan(
                pods, services, new ResourceSet(input.mesh(), complete, input.remotes(), problems));
    }

    private void reserve(ResourceSet input) {
        input.all(Namespace.class).forEach(n -> namespaces.put(n.meta().name(), n));
        for (var pod : input.all(Pod.class)) {
            pod.status().ifPresent(s -> s.ips().forEach(this::reserve));
        }
        input.all(Service.class).forEach(s -> s.clusterIps().forEach(this::reserve));
    }

    private void reserve(String text) {
        Addresses.ip(text)
                .ifPresent(ip -> {
                    for (var node : settings.nodes()) {
                        reserve(node.pods(), ip);
                    }
                    reserve(settings.services(), ip);
                });
    }

    private void reserve(Cidr range, InetAddress ip) {
        if (range.contains(ip)) {
            takenIn(range).add(number(ip) - number(range.address()));
        }
    }

    private List<Pod> replicas(Deployment deployment) {
        var pods = new ArrayList<Pod>();
        var meta = deployment.meta();
        for (int i = 0; i < deployment.replicas(); i++) {
            var labels = new HashMap<>(deployment.labels());
            var hash = Long.toString(hash(meta.path()), 36);
            labels.put(Names.POD_TEMPLATE_HASH, hash);
            var podMeta =
                    new Meta(
                            meta.namespace(),
                            meta.name() + "-" + i,
                            "",
                            labels,
                            deployment.annotations(),
                            meta.created(),
                            false,
                            Optional.of(new Meta.Owner("ReplicaSet", meta.name() + "-" + hash)),
                            true,
                            meta.origin());
            place(podMeta, deployment.template()).ifPresent(pods::add);
        }
        return pods;
    }

    private Optional<Pod> place(Meta meta, PodSpec spec) {
        var node = nodeFor(spec.node());
        var range = node.pods();
        var address = spec.hostNetwork() ? Optional.of(range.address()) : pick(range, meta.path());
        if (address.isEmpty()) {
            full(new Resource.Key("Pod", meta.namespace(), meta.name()), meta, range);
            return Optional.empty();
        }
        var annotations = new HashMap<>(meta.annotations());
        if (enrolled(meta, spec)) {
            annotations.put(Names.REDIRECTION, "enabled");
        }
        var planned = meta.withAnnotations(annotations);
        var ips = List.of(address.get().getHostAddress());
        return Optional.of(
                new Pod(
                        planned,
                        new PodSpec(
                                spec.serviceAccount(),
                                node.name(),
                                spec.hostNetwork(),
                                spec.ports()),
                        Optional.of(new Pod.Status("Running", ips, true))));
    }

    private void full(Resource.Key key, Meta meta, Cidr range) {
        problems.add(
                Problem.error(
                        meta.origin(),
                        key.toString(),
                        "",
                        "no address left in " + range + "; left out"));
    }

    /// A node that nobody planned keeps the pod out of the way of others: its name is kept and the
    /// address comes from the first node's range.
    private PlanSettings.PlannedNode nodeFor(String wanted) {
        var nodes = settings.nodes();
        if (wanted.isEmpty()) {
            return nodes.get(turn++ % nodes.size());
        }
        return nodes.stream()
                .filter(n -> n.name().equals(wanted))
                .findFirst()
                .orElseGet(() -> new PlanSettings.PlannedNode(wanted, nodes.getFirst().pods()));
    }

    /// The node agent's rule: host network and sidecars never, then the pod's label, then its
    /// namespace's.
    private boolean enrolled(Meta meta, PodSpec spec) {
        if (spec.hostNetwork() || meta.annotations().containsKey(Names.SIDECAR_STATUS)) {
            return false;
        }
        var own = meta.label(Names.DATAPLANE_MODE);
        var namespace = namespaces.get(meta.namespace());
        var inherited = namespace == null ? "" : namespace.meta().label(Names.DATAPLANE_MODE);
        return own.equals("ambient") || (inherited.equals("ambient") && !own.equals("none"));
    }

    private static boolean needsAddress(Service service) {
        return !service.headless()
                && service.clusterIps().isEmpty()
                && service.type() != Service.Type.EXTERNAL_NAME;
    }

    private Optional<Service> address(Service service) {
        var picked = pick(settings.services(), service.meta().path());
        if (picked.isEmpty()) {
            full(service.key(), service.meta(), settings.services());
        }
        return picked.map(ip ->
                new Service(
                        service.meta(),
                        service.type(),
                        false,
                        List.of(ip.getHostAddress()),
                        service.selector(),
                        service.ports(),
                        service.ipFamilies().isEmpty() ? List.of("IPv4") : service.ipFamilies(),
                        service.trafficDistribution(),
                        service.localOnly(),
                        service.publishNotReady()));
    }

    private void addNodes(ResourceSet input, List<Resource> complete) {
        var known = new HashSet<String>();
        input.all(Node.class).forEach(n -> known.add(n.meta().name()));
        for (var node : settings.nodes()) {
            if (known.add(node.name())) {
                var meta =
                        new Meta(
                                "",
                                node.name(),
                                "",
                                Map.of(),
                                Map.of(),
                                Optional.empty(),
                                false,
                                Optional.empty(),
                                false,
                                new Origin("(planned)", 0));
                complete.add(new Node(meta, List.of(), List.of(node.pods().toString())));
            }
        }
    }

    private static String deploymentOf(Meta pod, Meta.Owner owner) {
        var suffix = "-" + pod.label(Names.POD_TEMPLATE_HASH);
        var name = owner.name();
        boolean ofReplicaSet = owner.kind().equals("ReplicaSet") && name.endsWith(suffix);
        var deployment = ofReplicaSet ? name.substring(0, name.length() - suffix.length()) : name;
        return pod.namespace() + "/" + deployment;
    }

    /// Empty when the range is full.
    private Optional<InetAddress> pick(Cidr range, String key) {
        int size = 1 << Math.min(16, 32 - range.prefixLength());
        int usable = size - FIRST_HOST - 1;
        if (usable < 1 || takenIn(range).size() >= usable) {
            return Optional.empty();
        }
        int host = FIRST_HOST + (int) (hash(key) % usable);
        while (!takenIn(range).add(host)) {
            host = FIRST_HOST + (host + 1 - FIRST_HOST) % usable;
        }
        return Optional.of(address(number(range.address()) + host));
    }

    private Set<Integer> takenIn(Cidr range) {
        return taken.computeIfAbsent(range.toString(), r -> new HashSet<>());
    }

    private static long hash(String text) {
        var crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }

    private static int number(InetAddress ip) {
        int value = 0;
        for (byte b : ip.getAddress()) {
            value = (value << 8) | (b & 0xff);
        }
        return value;
    }

    private static InetAddress address(int number) {
        try {
            return InetAddress.getByAddress(
                    new byte[] {
                        (byte) (number >>> 24),
                        (byte) (number >>> 16),
                        (byte) (number >>> 8),
                        (byte) number
                    });
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("four bytes are an IPv4 address", impossible);
        }
    }
}
