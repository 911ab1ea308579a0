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

    Optional<Workload> workload(String uid);

    /// By an address of its own; host-network workloads are never found.
    Optional<Workload> workloadAt(NetworkAddress address);

    /// By name, among the workloads of this node.
    Optional<Workload> localWorkload(String namespace, String name, String serviceAccount);

    Optional<Service> service(ServiceKey key);

    /// Every service of this hostname, whatever its namespace; in the order of their keys, so that
    /// the order of updates does not matter.
    ///
    /// @param hostname as the control plane writes it, in any case; `*.example.com` is a name too
    List<Service> servicesByHost(String hostname);

    /// Every workload that has this hostname, in the order of their uids.
    ///
    /// @param hostname in any case
    List<Workload> workloadsByHost(String hostname);

    /// Those that take traffic, by the service's health policy. In no particular order.
    List<Endpoint> endpoints(ServiceKey service);

    /// Everything that applies to traffic towards `destination`.
    PolicySet policiesFor(Workload destination);
}
