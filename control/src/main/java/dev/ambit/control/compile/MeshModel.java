package dev.ambit.control.compile;

import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.workload.Service;
import dev.ambit.mesh.proto.workload.Workload;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One moment of the mesh, compiled: immutable, related, ready to be rendered. Holds the wire's own
/// messages together with what is not on the wire and other renderings need.
///
/// @param cluster the cluster that is configured: workloads of others may be here too
/// @param network that it is in, empty when there is but one
/// @param distant workloads of other networks, which ztunnels are not told one by one
/// @param gateways into other networks
public record MeshModel(
        String trustDomain,
        String cluster,
        String network,
        List<CompiledWorkload> workloads,
        List<CompiledWorkload> distant,
        List<CompiledService> services,
        List<CompiledPolicy> policies,
        List<RemoteGateway> gateways) {

    public MeshModel {
        workloads = List.copyOf(workloads);
        distant = List.copyOf(distant);
        gateways = List.copyOf(gateways);
        services = List.copyOf(services);
        policies = List.copyOf(policies);
    }

    public static MeshModel empty() {
        return new MeshModel(
                "cluster.local",
                "Kubernetes",
                "",
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    /// @param labels of the pod, entry or endpoint
    /// @param waypoint before it, `namespace/name`
    /// @param leaving it is being deleted
    public record CompiledWorkload(
            Workload wire,
            Map<String, String> labels,
            Optional<String> waypoint,
            Kind kind,
            boolean leaving) {
        public CompiledWorkload {
            labels = Map.copyOf(labels);
        }

        CompiledWorkload(Workload wire, Map<String, String> labels, Kind kind) {
            this(wire, labels, Optional.empty(), kind, false);
        }

        public enum Kind {
            POD,
            WORKLOAD_ENTRY,
            /// An endpoint that a ServiceEntry lists.
            SERVICE_ENTRY,
            /// A hand-made endpoint of a service without selector.
            ENDPOINT_SLICE,
            /// The way to another network, or what is behind it.
            GATEWAY
        }
    }

    /// A way into another network, over HBONE.
    ///
    /// @param cluster where it was read
    public record RemoteGateway(String network, String cluster, String address, int port) {}

    /// @param selector empty when endpoints are not chosen by labels
    /// @param names by service port: its name, and the name of its target port
    /// @param waypoint before it, `namespace/name`
    /// @param canary a second waypoint that takes part of its traffic
    /// @param entry it is a host of a ServiceEntry
    /// @param global other clusters may use it
    public record CompiledService(
            Service wire,
            Map<String, String> selector,
            Map<Integer, PortNames> names,
            Optional<String> waypoint,
            Optional<String> canary,
            boolean entry,
            boolean global) {

        public CompiledService {
            selector = Map.copyOf(selector);
            names = Map.copyOf(names);
        }

        public CompiledService with(Service changed) {
            return new CompiledService(changed, selector, names, waypoint, canary, entry, global);
        }

        public ServiceKey key() {
            return new ServiceKey(wire.getNamespace(), wire.getHostname());
        }
    }

    public record PortNames(String port, String target) {}

    /// @param selector empty when it is not chosen by labels
    public record CompiledPolicy(Authorization wire, Optional<Map<String, String>> selector) {
        public String name() {
            return wire.getNamespace() + "/" + wire.getName();
        }
    }

    /// Whether a pod on `node` of this cluster runs as that account.
    public boolean runsOn(String node, String namespace, String serviceAccount) {
        return workloads.stream()
                .map(CompiledWorkload::wire)
                .filter(w -> w.getClusterId().equals(cluster))
                .anyMatch(w ->
                        w.getNode().equals(node)
                                && w.getNamespace().equals(namespace)
                                && w.getServiceAccount().equals(serviceAccount));
    }

    /// Where a pod of this cluster runs; empty when there is no such pod.
    public Optional<String> nodeOf(String namespace, String pod) {
        return workloads.stream()
                .map(CompiledWorkload::wire)
                .filter(w -> w.getClusterId().equals(cluster))
                .filter(w -> w.getNamespace().equals(namespace) && w.getName().equals(pod))
                .map(Workload::getNode)
                .filter(n -> !n.isEmpty())
                .findFirst();
    }
}
