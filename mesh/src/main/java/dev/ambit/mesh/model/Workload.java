package dev.ambit.mesh.model;

import dev.ambit.identity.SpiffeId;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A pod, or something that stands for one: `istio.workload.Workload`, with its defaults filled in.
///
/// @param uid primary key; pods `cluster//Pod/namespace/name`
/// @param hostname for workloads that have no address of their own; else empty
/// @param node name of the Kubernetes node; empty for workloads outside
/// @param services where it is an endpoint: per service, service port to target port
/// @param authorizationPolicies names `namespace/name` of the policies that select it
/// @param capacity weight in load balancing; 0 takes no traffic
public record Workload(
        String uid,
        String name,
        String namespace,
        List<InetAddress> addresses,
        String hostname,
        String network,
        TunnelProtocol protocol,
        String trustDomain,
        String serviceAccount,
        Optional<GatewayAddress> waypoint,
        Optional<GatewayAddress> networkGateway,
        String node,
        String canonicalName,
        String canonicalRevision,
        WorkloadType workloadType,
        String workloadName,
        boolean nativeTunnel,
        Optional<ApplicationTunnel> applicationTunnel,
        Map<ServiceKey, Map<Integer, Integer>> services,
        List<String> authorizationPolicies,
        Health health,
        String clusterId,
        Locality locality,
        NetworkMode networkMode,
        int capacity) {

    public Workload {
        addresses = List.copyOf(addresses);
        services = Map.copyOf(services);
        authorizationPolicies = List.copyOf(authorizationPolicies);
    }

    public SpiffeId identity() {
        return new SpiffeId(trustDomain, namespace, serviceAccount);
    }

    public enum TunnelProtocol {
        TCP,
        HBONE
    }

    /// The wire's order; `label` is what baggage and metrics say.
    public enum WorkloadType {
        DEPLOYMENT("deployment"),
        CRONJOB("cronjob"),
        POD("pod"),
        JOB("job");

        private final String label;

        WorkloadType(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    public enum Health {
        HEALTHY,
        UNHEALTHY
    }

    public enum NetworkMode {
        STANDARD,
        /// Shares its node's addresses, so it can't be looked up by address.
        HOST_NETWORK
    }

    public record Locality(String region, String zone, String subzone) {
        public static final Locality NONE = new Locality("", "", "");
    }

    /// @param port 0: as dialled
    public record ApplicationTunnel(Protocol protocol, int port) {
        public enum Protocol {
            NONE,
            PROXY
        }
    }
}
