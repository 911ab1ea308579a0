package dev.ambit.mesh.store;

import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.model.Endpoint;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.LoadBalancing.HealthPolicy;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.model.Workload.Health;
import dev.ambit.mesh.model.Workload.NetworkMode;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.PolicySet;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// What the control plane has told. One writer at a time, any number of readers without a lock:
/// every value that a reader can reach is immutable, and is replaced as a whole.
///
/// Endpoints are a service's array, rebuilt once per batch for the services that a batch touches.
/// All are kept, healthy or not, so that a change of a service's health policy loses none.
public final class MeshStore implements MeshView {
    private final String nodeName;
    private final List<MeshListener> listeners = new CopyOnWriteArrayList<>();

    private final Map<String, Workload> workloads = new ConcurrentHashMap<>();
    private final Map<NetworkAddress, List<Workload>> byAddress = new ConcurrentHashMap<>();
    private final Map<PodKey, Workload> local = new ConcurrentHashMap<>();
    private final Map<ServiceKey, Service> services = new ConcurrentHashMap<>();
    private final Map<NetworkAddress, List<Service>> byVip = new ConcurrentHashMap<>();
    private final Map<String, List<Service>> servicesByHost = new ConcurrentHashMap<>();
    private final Map<String, List<Workload>> workloadsByHost = new ConcurrentHashMap<>();
    private final CidrIndex ranges = new CidrIndex();
    private final Map<ServiceKey, List<Endpoint>> endpoints = new ConcurrentHashMap<>();
    private final Map<String, Policy> policies = new ConcurrentHashMap<>();
    private volatile PolicyIndex policyIndex = PolicyIndex.EMPTY;

    /// Writer only: who is behind a service, by uid, whether or not the service is known.
    private final Map<ServiceKey, Map<String, Endpoint>> members = new HashMap<>();

    private record PodKey(String namespace, String name, String serviceAccount) {}

    /// @param nodeName whose pods are local; empty: all are
    public MeshStore(String nodeName) {
        this.nodeName = nodeName;
    }

    public void listen(MeshListener listener) {
        listeners.add(listener);
    }

    /// Applies a batch, in order, and tells the listeners.
    public synchronized void apply(List<Change> batch) {
        var added = new LinkedHashMap<String, Workload>();
        var removed = new ArrayList<Workload>();
        var touched = new LinkedHashSet<ServiceKey>();
        boolean policiesChanged = false;
        for (var change : batch) {
            switch (change) {
                case Change.PutWorkload(var workload) -> {
                    removeWorkload(workload.uid(), touched, removed);
                    putWorkload(workload, touched);
                    added.put(workload.uid(), workload);
                }
                case Change.PutService(var service) -> {
                    removeService(service.key());
                    putService(service);
                    touched.add(service.key());
                }
                case Change.RemoveAddress(var name) -> {
                    if (removeWorkload(name, touched, removed)) {
                        added.remove(name);
                    } else {
                        serviceKey(name)
                                .ifPresent(key -> {
                                    removeService(key);
                                    touched.add(key);
                                });
                    }
                }
                case Change.PutPolicy(var policy) -> {
                    policies.put(policy.key(), policy);
                    policiesChanged = true;
                }
                case Change.RemovePolicy(var key) ->
                        policiesChanged |= policies.remove(key) != null;
            }
        }
        touched.forEach(this::rebuildEndpoints);
        if (policiesChanged) {
            policyIndex = PolicyIndex.of(policies.values());
        }
        var changes =
                new MeshListener.ChangeSet(
                        List.copyOf(added.values()), List.copyOf(removed), policiesChanged);
        listeners.forEach(listener -> listener.changed(changes));
    }

    private static Optional<ServiceKey> serviceKey(String name) {
        int slash = name.indexOf('/');
        boolean pair = slash > 0 && name.indexOf('/', slash + 1) < 0;
        return pair
                ? Optional.of(new ServiceKey(name.substring(0, slash), name.substring(slash + 1)))
                : Optional.empty();
    }

    private void putWorkload(Workload workload, Set<ServiceKey> touched) {
        workloads.put(workload.uid(), workload);
        if (workload.networkMode() == NetworkMode.STANDARD) {
            for (var address : workload.addresses()) {
                var key = new NetworkAddress(workload.network(), address);
                byAddress.put(key, ranked(byAddress.get(key), workload));
            }
        }
        if (!workload.hostname().isEmpty()) {
            workloadsByHost.merge(
                    host(workload.hostname()),
                    List.of(workload),
                    (a, b) -> sorted(a, b, Comparator.comparing(Workload::uid)));
        }
        if (isLocal(workload)) {
            local.put(podKey(workload), workload);
        }
        workload.services()
                .forEach((service, ports) -> {
                    members.computeIfAbsent(service, _ -> new LinkedHashMap<>())
                            .put(workload.uid(), new Endpoint(workload, ports));
                    touched.add(service);
                });
    }

    private boolean removeWorkload(String uid, Set<ServiceKey> touched, List<Workload> removed) {
        var workload = workloads.remove(uid);
        if (workload == null) {
            return false;
        }
        removed.add(workload);
        for (var address : workload.addresses()) {
            var key = new NetworkAddress(workload.network(), address);
            byAddress.computeIfPresent(key, (_, all) -> without(all, workload));
        }
        if (!workload.hostname().isEmpty()) {
            workloadsByHost.computeIfPresent(
                    host(workload.hostname()), (_, all) -> without(all, workload));
        }
        local.remove(podKey(workload), workload);
        for (var service : workload.services().keySet()) {
            var behind = members.get(service);
            if (behind != null) {
                behind.remove(uid);
                if (behind.isEmpty()) {
                    members.remove(service);
                }
            }
            touched.add(service);
        }
        return true;
    }

    /// The best first: a pod before what else has the address, HBONE before plain, then the newest.
    private static List<Workload> ranked(@Nullable List<Workload> others, Workload workload) {
        var all = new ArrayList<Workload>();
        all.add(workload);
        if (others != null) {
            all.addAll(others);
        }
        all.sort((a, b) -> rank(b) - rank(a));
        return List.copyOf(all);
    }

    private static int rank(Workload workload) {
        int pod = workload.uid().contains("//Pod/") ? 2 : 0;
        return pod + (workload.protocol() == Workload.TunnelProtocol.HBONE ? 1 : 0);
    }

    private static <T> @Nullable List<T> without(List<T> all, T one) {
        var rest = new ArrayList<>(all);
        rest.remove(one);
        return rest.isEmpty() ? null : List.copyOf(rest);
    }

    private boolean isLocal(Workload workload) {
        return nodeName.isEmpty() || workload.node().equals(nodeName);
    }

    private static PodKey podKey(Workload workload) {
        return new PodKey(workload.namespace(), workload.name(), workload.serviceAccount());
    }

    private void putService(Service service) {
        services.put(service.key(), service);
        servicesByHost.merge(
                host(service.key().hostname()),
                List.of(service),
                (a, b) -> sorted(a, b, Comparator.comparing(s -> s.key().toString())));
        for (var vip : service.vips()) {
            byVip.merge(vip, List.of(service), MeshStore::concat);
        }
        for (var range : service.cidrVips()) {
            ranges.add(range, service);
        }
    }

    /// Host names are equal whatever their case.
    private static String host(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    private static <T> List<T> sorted(List<T> a, List<T> b, Comparator<T> order) {
        var all = new ArrayList<>(a);
        all.addAll(b);
        all.sort(order);
        return List.copyOf(all);
    }

    private static <T> List<T> concat(List<T> a, List<T> b) {
        var all = new ArrayList<>(a);
        all.addAll(b);
        return List.copyOf(all);
    }

    private void removeService(ServiceKey key) {
        var service = services.remove(key);
        if (service == null) {
            return;
        }
        servicesByHost.computeIfPresent(
                host(service.key().hostname()), (_, all) -> without(all, service));
        for (var vip : service.vips()) {
            byVip.computeIfPresent(vip, (_, all) -> without(all, service));
        }
        for (var range : service.cidrVips()) {
            ranges.remove(range, service);
        }
    }

    private void rebuildEndpoints(ServiceKey key) {
        var service = services.get(key);
        var behind = members.get(key);
        if (service == null || behind == null) {
            endpoints.remove(key);
            return;
        }
        boolean all =
                service.loadBalancing()
                        .map(lb -> lb.healthPolicy() == HealthPolicy.ALLOW_ALL)
                        .orElse(false);
        endpoints.put(
                key,
                behind.values().stream()
                        .filter(e -> all || e.workload().health() == Health.HEALTHY)
                        .toList());
    }

    // ---- readers

    @Override
    public Target lookup(NetworkAddress address, String clientNamespace) {
        var candidates = byVip.get(address);
        if (candidates != null) {
            var service = preferred(candidates, clientNamespace);
            if (service != null) {
                return new Target.OfService(service);
            }
        }
        var workload = workloadAt(address);
        if (workload.isPresent()) {
            return new Target.OfWorkload(workload.get());
        }
        var ranged = ranges.longestMatch(address, of -> preferred(of, clientNamespace));
        return ranged == null ? new Target.Unknown() : new Target.OfService(ranged);
    }

    /// Of those that share an address: the client's own namespace, then the canonical one, then the
    /// first by name, so that the order of updates does not matter.
    private static @Nullable Service preferred(List<Service> candidates, String clientNamespace) {
        Service best = null;
        for (var service : candidates) {
            boolean own = service.key().namespace().equals(clientNamespace);
            if (service.visibility() == Service.Visibility.NAMESPACE && !own) {
                continue;
            }
            if (best == null || better(service, best, clientNamespace)) {
                best = service;
            }
        }
        return best;
    }

    private static boolean better(Service a, Service b, String clientNamespace) {
        boolean ownA = a.key().namespace().equals(clientNamespace);
        boolean ownB = b.key().namespace().equals(clientNamespace);
        if (ownA != ownB) {
            return ownA;
        }
        if (a.canonical() != b.canonical()) {
            return a.canonical();
        }
        return a.key().toString().compareTo(b.key().toString()) < 0;
    }

    @Override
    public Optional<Workload> workload(String uid) {
        return Optional.ofNullable(workloads.get(uid));
    }

    @Override
    public Optional<Workload> workloadAt(NetworkAddress address) {
        var all = byAddress.get(address);
        return all == null ? Optional.empty() : Optional.of(all.getFirst());
    }

    @Override
    public Optional<Workload> localWorkload(String namespace, String name, String serviceAccount) {
        return Optional.ofNullable(local.get(new PodKey(namespace, name, serviceAccount)));
    }

    @Override
    public Optional<Service> service(ServiceKey key) {
        return Optional.ofNullable(services.get(key));
    }

    @Override
    public List<Service> servicesByHost(String hostname) {
        return servicesByHost.getOrDefault(host(hostname), List.of());
    }

    @Override
    public List<Workload> workloadsByHost(String hostname) {
        return workloadsByHost.getOrDefault(host(hostname), List.of());
    }

    @Override
    public List<Endpoint> endpoints(ServiceKey service) {
        return endpoints.getOrDefault(service, List.of());
    }

    @Override
    public PolicySet policiesFor(Workload destination) {
        return policyIndex.policiesFor(destination);
    }

    // ---- dumps

    public Collection<Workload> workloads() {
        return List.copyOf(workloads.values());
    }

    public Collection<Service> services() {
        return List.copyOf(services.values());
    }

    public Collection<Policy> policies() {
        return List.copyOf(policies.values());
    }

    /// Those that take no traffic included. Briefly waits for the writer: not for the data path.
    public synchronized List<Endpoint> allEndpoints(ServiceKey service) {
        var behind = members.get(service);
        return behind == null ? List.of() : List.copyOf(behind.values());
    }

    /// Whether nothing is left: for tests of removal.
    synchronized boolean isEmpty() {
        return workloads.isEmpty()
                && byAddress.isEmpty()
                && local.isEmpty()
                && services.isEmpty()
                && byVip.isEmpty()
                && servicesByHost.isEmpty()
                && workloadsByHost.isEmpty()
                && ranges.isEmpty()
                && endpoints.isEmpty()
                && members.isEmpty()
                && policies.isEmpty();
    }

    /// For messages: IPv4 addresses have 32 bits.
    static int bits(java.net.InetAddress address) {
        return address instanceof Inet4Address ? 32 : 128;
    }
}
