package dev.ambit.mesh.store;

import dev.ambit.mesh.MeshLimits;
import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.balance.EndpointSet;
import dev.ambit.mesh.model.Endpoint;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.LoadBalancing.HealthPolicy;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.model.Workload.Health;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.PolicySet;
import dev.ambit.mesh.policy.RefusedPolicy;
import dev.ambit.mesh.policy.UnknownPolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// What the control plane has told. One writer at a time, any number of readers without a lock:
/// every value that a reader can reach is immutable, and is replaced as a whole.
///
/// Endpoints are a service's set, rebuilt once per batch for the services that a batch touches. All
/// are kept, healthy or not, so that a change of a service's health policy loses none.
public final class MeshStore implements MeshView {
    private final int endpointTables;
    private final UnknownPolicy unknown;
    private final List<MeshListener> listeners = new CopyOnWriteArrayList<>();

    private final WorkloadIndex workloads;
    private final ServiceIndex services = new ServiceIndex();
    private final Map<ServiceKey, EndpointSet> endpoints = new ConcurrentHashMap<>();
    private volatile PolicyIndex policies;

    /// Writer only: who is behind a service, by uid, whether or not the service is known.
    private final Map<ServiceKey, Map<String, Endpoint>> members = new HashMap<>();

    /// @param nodeName whose pods are local; empty: all are
    public MeshStore(String nodeName) {
        this(nodeName, MeshLimits.defaults(), UnknownPolicy.DENY);
    }

    /// @param unknown what becomes of policies that are missing or were refused
    public MeshStore(String nodeName, UnknownPolicy unknown) {
        this(nodeName, MeshLimits.defaults(), unknown);
    }

    /// @param unknown what becomes of policies that are missing or were refused
    public MeshStore(String nodeName, MeshLimits limits, UnknownPolicy unknown) {
        this.workloads = new WorkloadIndex(nodeName);
        this.endpointTables = limits.endpointTables();
        this.unknown = unknown;
        this.policies = PolicyIndex.empty(unknown);
    }

    public UnknownPolicy unknownPolicy() {
        return unknown;
    }

    public void listen(MeshListener listener) {
        listeners.add(listener);
    }

    /// Applies a batch, in order, and tells the listeners.
    ///
    /// Services are shown to readers after the endpoints that came with them, and hidden before
    /// these go, so that no reader meets a service without those behind it.
    public synchronized void apply(List<Change> batch) {
        var added = new LinkedHashMap<String, Workload>();
        var removed = new ArrayList<Workload>();
        var touched = new LinkedHashSet<ServiceKey>();
        var changedServices = new LinkedHashMap<ServiceKey, Optional<Service>>();
        var updates = new LinkedHashMap<String, PolicyIndex.Update>();
        for (var change : batch) {
            switch (change) {
                case Change.PutWorkload(var workload) -> {
                    putWorkload(workload, touched, removed);
                    added.put(workload.uid(), workload);
                }
                case Change.PutService(var service) ->
                        changedServices.put(service.key(), Optional.of(service));
                case Change.RemoveAddress(var name) -> {
                    if (removeWorkload(name, touched, removed)) {
                        added.remove(name);
                    } else {
                        serviceKey(name)
                                .ifPresent(key -> changedServices.put(key, Optional.empty()));
                    }
                }
                case Change.PutPolicy(var policy) ->
                        updates.put(policy.key(), new PolicyIndex.Update(policy, null));
                case Change.RefusePolicy(var policy) ->
                        updates.put(policy.key(), new PolicyIndex.Update(null, policy));
                case Change.RemovePolicy(var key) ->
                        updates.put(key, new PolicyIndex.Update(null, null));
            }
        }
        applyServices(changedServices, touched);
        var before = policies;
        policies = before.with(updates);
        var changes =
                new MeshListener.ChangeSet(
                        List.copyOf(added.values()), List.copyOf(removed), policies != before);
        listeners.forEach(listener -> listener.changed(changes));
    }

    private void applyServices(
            Map<ServiceKey, Optional<Service>> changed, Set<ServiceKey> touched) {
        changed.forEach((key, service) -> {
            if (service.isEmpty()) {
                services.remove(key);
            }
            touched.add(key);
        });
        for (var key : touched) {
            var service = changed.getOrDefault(key, Optional.ofNullable(services.get(key)));
            rebuildEndpoints(key, service.orElse(null));
        }
        changed.values().forEach(service -> service.ifPresent(services::put));
    }

    private static Optional<ServiceKey> serviceKey(String name) {
        int slash = name.indexOf('/');
        boolean pair = slash > 0 && name.indexOf('/', slash + 1) < 0;
        return pair
                ? Optional.of(new ServiceKey(name.substring(0, slash), name.substring(slash + 1)))
                : Optional.empty();
    }

    private void putWorkload(Workload workload, Set<ServiceKey> touched, List<Workload> removed) {
        var old = workloads.put(workload);
        if (old != null) {
            removed.add(old);
            leave(old, touched);
        }
        workload.services()
                .forEach((service, ports) -> {
                    members.computeIfAbsent(service, _ -> new LinkedHashMap<>())
                            .put(workload.uid(), new Endpoint(workload, ports));
                    touched.add(service);
                });
    }

    private boolean removeWorkload(String uid, Set<ServiceKey> touched, List<Workload> removed) {
        var old = workloads.remove(uid);
        if (old == null) {
            return false;
        }
        removed.add(old);
        leave(old, touched);
        return true;
    }

    /// It is behind no service any more.
    private void leave(Workload workload, Set<ServiceKey> touched) {
        for (var service : workload.services().keySet()) {
            var behind = members.get(service);
            if (behind != null) {
                behind.remove(workload.uid());
                if (behind.isEmpty()) {
                    members.remove(service);
                }
            }
            touched.add(service);
        }
    }

    private void rebuildEndpoints(ServiceKey key, @Nullable Service service) {
        if (service == null) {
            endpoints.remove(key);
            return;
        }
        boolean all =
                service.loadBalancing()
                        .map(lb -> lb.healthPolicy() == HealthPolicy.ALLOW_ALL)
                        .orElse(false);
        var taking =
                members.getOrDefault(key, Map.of()).values().stream()
                        .filter(e -> all || e.workload().health() == Health.HEALTHY)
                        .toList();
        endpoints.put(key, EndpointSet.of(service, taking, endpointTables));
    }

    // ---- readers

    @Override
    public Target lookup(NetworkAddress address, String clientNamespace) {
        return lookup(address, new Client(clientNamespace));
    }

    @Override
    public Target lookup(NetworkAddress address) {
        return lookup(address, new Client(null));
    }

    private Target lookup(NetworkAddress address, Client client) {
        var exact = services.byVip(address, client);
        if (exact != null) {
            return new Target.OfService(exact);
        }
        var workload = workloads.at(address);
        if (workload != null) {
            return new Target.OfWorkload(workload);
        }
        var ranged = services.byRange(address, client);
        return ranged == null ? new Target.Unknown() : new Target.OfService(ranged);
    }

    @Override
    public Target named(ServiceKey name) {
        var service = services.get(name);
        if (service != null) {
            return new Target.OfService(service);
        }
        var workload = workloads.named(name);
        return workload == null ? new Target.Unknown() : new Target.OfWorkload(workload);
    }

    @Override
    public Optional<Service> serviceNamed(String hostname, String clientNamespace) {
        return Optional.ofNullable(services.byHostname(hostname, new Client(clientNamespace)));
    }

    @Override
    public List<Service> servicesAt(NetworkAddress address) {
        return services.at(address);
    }

    @Override
    public List<Service> servicesByHost(String hostname) {
        return services.byHostname(hostname);
    }

    @Override
    public List<Workload> workloadsByHost(String hostname) {
        return workloads.byHostname(hostname);
    }

    @Override
    public Optional<Workload> workload(String uid) {
        return Optional.ofNullable(workloads.get(uid));
    }

    @Override
    public Optional<Workload> workloadAt(NetworkAddress address) {
        return Optional.ofNullable(workloads.at(address));
    }

    @Override
    public Optional<Workload> localWorkload(String namespace, String name, String serviceAccount) {
        return Optional.ofNullable(workloads.local(namespace, name, serviceAccount));
    }

    @Override
    public Optional<Service> service(ServiceKey key) {
        return Optional.ofNullable(services.get(key));
    }

    @Override
    public EndpointSet endpointSet(ServiceKey service) {
        return endpoints.getOrDefault(service, EndpointSet.NONE);
    }

    @Override
    public PolicySet policiesFor(Workload destination) {
        return policies.policiesFor(destination);
    }

    // ---- dumps

    public Collection<Workload> workloads() {
        return workloads.all();
    }

    public Collection<Service> services() {
        return services.all();
    }

    public Collection<Policy> policies() {
        return policies.policies();
    }

    /// Those that were sent and not understood, with nothing older to fall back on.
    public Collection<RefusedPolicy> refusedPolicies() {
        return policies.refused();
    }

    /// Those that take no traffic included. Briefly waits for the writer: not for the data path.
    public synchronized List<Endpoint> allEndpoints(ServiceKey service) {
        var behind = members.get(service);
        return behind == null ? List.of() : List.copyOf(behind.values());
    }

    /// Whether nothing is left: for tests of removal.
    synchronized boolean isEmpty() {
        return workloads.isEmpty()
                && services.isEmpty()
                && endpoints.isEmpty()
                && members.isEmpty()
                && policies.isEmpty();
    }
}
