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
public record MeshModel(
        String trustDomain,
        String cluster,
        List<CompiledWorkload> workloads,
        List<CompiledService> services,
        List<CompiledPolicy> policies) {

    public MeshModel {
        workloads = List.copyOf(workloads);
        services = List.copyOf(services);
        policies = List.copyOf(policies);
    }

    public static MeshModel empty() {
        return new MeshModel("cluster.local", "Kubernetes", List.of(), List.of(), List.of());
    }

    /// @param labels of the pod, entry or endpoint
    /// @param waypoint before it, `namespace/name`
    public record CompiledWorkload(
            Workload wire, Map<String, String> labels, Optional<String> waypoint) {
        public CompiledWorkload {
            labels = Map.copyOf(labels);
        }

        public CompiledWorkload(Workload wire, Map<String, String> labels) {
            this(wire, labels, Optional.empty());
        }
    }

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
