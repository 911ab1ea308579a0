package dev.ambit.mesh;

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

    /// What an address means to a client.
    sealed interface Target {
        record OfService(Service service) implements Target {}

        record OfWorkload(Workload workload) implements Target {}

        record Unknown() implements Target {}
    }

    /// One order everywhere: service by exact VIP, then workload by address, then service by range.
    ///
    /// @param clientNamespace decides between services that share a VIP, and what is visible
    Target lookup(NetworkAddress address, String clientNamespace);

    /// Every service with this address, whoever may see it: for questions about the mesh rather
    /// than for a client. Of ranges, those of the longest.
    List<Service> servicesAt(NetworkAddress address);

    /// By hostname, of those that the client may see: its own namespace's, then the canonical one,
    /// then the first by name.
    Optional<Service> serviceNamed(String hostname, String clientNamespace);

    Optional<Workload> workload(String uid);

    /// By an address of its own; host-network workloads are never found.
    Optional<Workload> workloadAt(NetworkAddress address);

    /// By name, among the workloads of this node.
    Optional<Workload> localWorkload(String namespace, String name, String serviceAccount);

    Optional<Service> service(ServiceKey key);

    /// Those that take traffic, by the service's health policy. In no particular order.
    List<Endpoint> endpoints(ServiceKey service);

    /// Everything that applies to traffic towards `destination`.
    PolicySet policiesFor(Workload destination);
}
