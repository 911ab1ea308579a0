package dev.ambit.ztunnel;

import dev.ambit.identity.CertificateStatus;
import dev.ambit.identity.csr.Pem;
import dev.ambit.mesh.model.Endpoint;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.ztunnel.admin.DumpSource;
import dev.ambit.ztunnel.pod.Pod;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What this node shows in its dump.
record NodeDump(Ztunnel ztunnel, ZtunnelConfig settings, String build) implements DumpSource {
    @Override
    public Collection<Workload> workloads() {
        return ztunnel.mesh().workloads();
    }

    @Override
    public Collection<Service> services() {
        return ztunnel.mesh().services();
    }

    @Override
    public List<Endpoint> endpoints(ServiceKey service) {
        return ztunnel.mesh().allEndpoints(service);
    }

    @Override
    public Collection<Policy> policies() {
        return ztunnel.mesh().policies();
    }

    @Override
    public StaticConfig staticConfig() {
        var local = ztunnel.localMesh();
        return new StaticConfig(local.workloads(), local.services(), local.policies());
    }

    @Override
    public List<IdentityCertificates> certificates() {
        return ztunnel.certificates().snapshot().stream().map(NodeDump::certificates).toList();
    }

    private static IdentityCertificates certificates(CertificateStatus status) {
        var state =
                status.certificate().isPresent()
                        ? "Available"
                        : status.problem().map(why -> "Unavailable: " + why).orElse("Initializing");
        return new IdentityCertificates(
                status.id().uri(),
                state,
                status.certificate().map(c -> list(c.chain())).orElse(List.of()),
                status.certificate().map(c -> list(c.trust().roots())).orElse(List.of()));
    }

    private static List<Certificate> list(List<X509Certificate> certificates) {
        return certificates.stream()
                .map(c ->
                        new Certificate(
                                Pem.encode(c),
                                c.getSerialNumber(),
                                c.getNotBefore().toInstant(),
                                c.getNotAfter().toInstant()))
                .toList();
    }

    @Override
    public Map<String, ProxiedWorkload> workloadState() {
        var all = new HashMap<String, ProxiedWorkload>();
        for (var pod : ztunnel.listeners().pods()) {
            var info = pod.info();
            all.put(
                    info.uid(),
                    new ProxiedWorkload(
                            ProxiedWorkload.State.UP,
                            Optional.of(
                                    new PodInfo(
                                            info.name(), info.namespace(), info.serviceAccount())),
                            connections(pod, true),
                            connections(pod, false)));
        }
        ztunnel.pods()
                .waiting()
                .forEach((uid, _) ->
                        all.put(
                                uid,
                                new ProxiedWorkload(
                                        ProxiedWorkload.State.PENDING,
                                        Optional.empty(),
                                        List.of(),
                                        List.of())));
        return all;
    }

    private static List<TrackedConnection> connections(Pod pod, boolean inbound) {
        return pod.connections().summaries().stream()
                .filter(summary -> summary.inbound() == inbound)
                .map(s ->
                        new TrackedConnection(
                                s.src(), s.originalDst(), s.actualDst(), s.protocol()))
                .toList();
    }

    @Override
    public Map<String, ?> config() {
        return settings.describe();
    }

    @Override
    public Map<String, String> version() {
        return Map.of("version", build, "cryptoProvider", "BoringSSL");
    }
}
