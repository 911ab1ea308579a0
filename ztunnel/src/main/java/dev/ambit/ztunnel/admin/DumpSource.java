package dev.ambit.ztunnel.admin;

import dev.ambit.mesh.model.Endpoint;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Policy;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What `/config_dump` shows. Asked on a virtual thread, once per request; each answer is a
/// snapshot, two of them may straddle an update. Order does not matter: the dump sorts.
public interface DumpSource {
    Collection<Workload> workloads();

    Collection<Service> services();

    /// All endpoints of a service, those that take no traffic included.
    List<Endpoint> endpoints(ServiceKey service);

    Collection<Policy> policies();

    /// What came from a local file.
    StaticConfig staticConfig();

    List<IdentityCertificates> certificates();

    /// The pods that this node proxies, by pod uid.
    Map<String, ProxiedWorkload> workloadState();

    /// The settings: strings, numbers, booleans, null, lists and maps of these.
    Map<String, ?> config();

    Map<String, String> version();

    record StaticConfig(List<Workload> workloads, List<Service> services, List<Policy> policies) {
        public static final StaticConfig NONE = new StaticConfig(List.of(), List.of(), List.of());
    }

    /// @param state `Available`, `Initializing`, or `Unavailable: <why>`
    record IdentityCertificates(
            String identity, String state, List<Certificate> chain, List<Certificate> roots) {}

    /// @param pem the certificate as PEM text; never a key
    record Certificate(String pem, BigInteger serialNumber, Instant from, Instant until) {}

    /// @param info what the node agent said about the pod
    record ProxiedWorkload(
            State state,
            Optional<PodInfo> info,
            List<TrackedConnection> inbound,
            List<TrackedConnection> outbound) {
        public enum State {
            PENDING("Pending"),
            UP("Up");

            private final String label;

            State(String label) {
                this.label = label;
            }

            public String label() {
                return label;
            }
        }
    }

    record PodInfo(String name, String namespace, String serviceAccount) {}

    /// @param originalDst what the client dialled: an address, or a host name
    record TrackedConnection(
            InetSocketAddress src,
            Optional<String> originalDst,
            InetSocketAddress actualDst,
            Workload.TunnelProtocol protocol) {}
}
