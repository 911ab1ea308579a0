package dev.ambit.mesh;

import dev.ambit.mesh.balance.EndpointSet;
import dev.ambit.mesh.model.Endpoint;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.PolicySet;
import java.util.List;
import java.util.Optional;

/// The read side of the mesh: what routers may ask. Lock-free; two calls may straddle an update.
public interface MeshView {

    /// What an address or a name means to a client.
    sealed interface Target {
        record OfService(Service service) implements Target {}

        record OfWorkload(Workload workload) implements Target {}

        record Unknown() implements Target {}
    }

    /// One order everywhere: service by exact VIP, then workload by address, then service by range.
    /// Of several services that share an exact VIP: the client's own namespace, then the canonical
    /// one, then the first by name. Of ranges: the client's own namespace, then the longest prefix,
    /// then as before.
    ///
    /// @param clientNamespace decides between services that share a VIP, and what is visible
    Target lookup(NetworkAddress address, String clientNamespace);

    /// The same for nobody in particular: every service is visible, no namespace comes first.
    Target lookup(NetworkAddress address);

    /// Every service with this address, whoever may see it: for questions about the mesh rather
    /// than for a client. Of ranges, those of the longest.
    List<Service> servicesAt(NetworkAddress address);

    /// The service of that name, else the workload with that hostname in that namespace; among
    /// several of the latter the first by uid. Nothing is invisible.
    Target named(ServiceKey name);

    /// The service of that hostname that a client sees, in whatever namespace: its own before the
    /// canonical one, before the first by namespace.
    Optional<Service> serviceNamed(String hostname, String clientNamespace);

    /// Every service of this hostname, whatever its namespace; in the order of their keys, so that
    /// the order of updates does not matter.
    ///
    /// @param hostname as the control plane writes it, in any case; `*.example.com` is a name too
    List<Service> servicesByHost(String hostname);

    /// Every workload that has this hostname, in the order of their uids.
    ///
    /// @param hostname in any case
    List<Workload> workloadsByHost(String hostname);

    Optional<Workload> workload(String uid);

    /// By an address of its own; host-network workloads are never found.
    Optional<Workload> workloadAt(NetworkAddress address);

    /// By name, among the workloads of this node.
    Optional<Workload> localWorkload(String namespace, String name, String serviceAccount);

    Optional<Service> service(ServiceKey key);

    /// Those that take traffic, by the service's health policy, and what was worked out of them.
    EndpointSet endpointSet(ServiceKey service);

    /// Those that take traffic, by the service's health policy. In no particular order.
    default List<Endpoint> endpoints(ServiceKey service) {
        return endpointSet(service).endpoints();
    }

    /// Everything that applies to traffic towards `destination`.
    PolicySet policiesFor(Workload destination);
}
