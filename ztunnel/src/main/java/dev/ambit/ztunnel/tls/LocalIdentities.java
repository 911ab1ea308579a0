package dev.ambit.ztunnel.tls;

import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.store.MeshListener;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// Keeps certificates for the identities of this node's workloads, and for no others: fetched ahead
/// where a workload takes tunnels, forgotten with the last workload of that identity, whoever had
/// asked for them. On the store's writer thread.
public final class LocalIdentities implements MeshListener {
    private final String nodeName;
    private final CertificateStore certificates;
    private final Consumer<SpiffeId> forget;

    /// Who has an identity, by uid.
    private final Map<SpiffeId, Set<String>> holders = new HashMap<>();

    /// @param nodeName whose workloads are local; empty: all are
    /// @param forget drops an identity's certificate and what was built from it
    public LocalIdentities(
            String nodeName, CertificateStore certificates, Consumer<SpiffeId> forget) {
        this.nodeName = nodeName;
        this.certificates = certificates;
        this.forget = forget;
    }

    @Override
    public void changed(ChangeSet changes) {
        for (var workload : changes.removed()) {
            var uids = holders.get(workload.identity());
            if (uids != null && uids.remove(workload.uid()) && uids.isEmpty()) {
                holders.remove(workload.identity());
            }
        }
        for (var workload : changes.added()) {
            if (isLocal(workload)) {
                holders.computeIfAbsent(workload.identity(), _ -> new HashSet<>())
                        .add(workload.uid());
                if (takesTunnels(workload)) {
                    certificates.prefetch(workload.identity());
                }
            }
        }
        if (!changes.removed().isEmpty()) {
            for (var id : certificates.identities()) {
                if (!holders.containsKey(id)) {
                    forget.accept(id);
                }
            }
        }
    }

    private boolean isLocal(Workload workload) {
        return nodeName.isEmpty() || workload.node().equals(nodeName);
    }

    private static boolean takesTunnels(Workload workload) {
        return workload.protocol() == Workload.TunnelProtocol.HBONE || workload.nativeTunnel();
    }
}
