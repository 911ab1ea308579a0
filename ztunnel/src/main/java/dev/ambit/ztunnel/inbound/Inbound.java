package dev.ambit.ztunnel.inbound;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Workload;
import dev.ambit.process.tls.Identities;
import dev.ambit.ztunnel.pod.Dial;
import dev.ambit.ztunnel.pod.LocalWorkloads;
import dev.ambit.ztunnel.telemetry.ConnectionReporter;
import java.net.InetAddress;
import java.util.Optional;
import java.util.function.LongSupplier;

/// What all inbound connections share.
///
/// @param network on which peers' addresses are looked up, for telemetry
/// @param baggage peers' baggage is heard, and answers carry the pod's
public record Inbound(
        InboundRouter router,
        MeshView mesh,
        LocalWorkloads workloads,
        Identities identities,
        ConnectionReporter reporter,
        Dial dial,
        HboneLimits limits,
        String network,
        boolean baggage,
        LongSupplier nanoTime) {

    Optional<Workload> workloadAt(InetAddress address) {
        return mesh.workloadAt(new NetworkAddress(network, address));
    }
}
