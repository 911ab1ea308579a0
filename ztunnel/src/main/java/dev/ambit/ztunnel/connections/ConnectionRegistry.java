package dev.ambit.ztunnel.connections;

import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.tls.PeerChain;
import dev.ambit.mesh.policy.Authorizer;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.mesh.policy.PolicySet;
import dev.ambit.mesh.policy.Verdict;
import dev.ambit.process.log.FieldLog;
import dev.ambit.ztunnel.outbound.Addresses;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// One pod's open connections.
///
/// A connection registers *before* it is judged for the first time. So a policy that arrives in
/// between is seen by one of the two: by the first judgement, or by `judgeAgain`.
public final class ConnectionRegistry {
    private static final FieldLog LOG = FieldLog.of(ConnectionRegistry.class);

    private final Set<TrackedConnection> open = ConcurrentHashMap.newKeySet();
    private volatile Runnable whenEmpty = () -> {};

    /// By what the open connections were judged last. The store's writer only.
    private @Nullable PolicySet judgedBy;

    public void add(TrackedConnection connection) {
        open.add(connection);
    }

    public void remove(TrackedConnection connection) {
        open.remove(connection);
        if (open.isEmpty()) {
            whenEmpty.run();
        }
    }

    public int size() {
        return open.size();
    }

    public List<TrackedConnection.Summary> summaries() {
        return open.stream().map(TrackedConnection::summary).toList();
    }

    /// Cuts what would no longer be permitted, if there are other policies than the last time. Runs
    /// on the caller's thread, which is the store's writer; the cuts happen on each connection's
    /// own loop.
    ///
    /// A connection that waits for a policy that is missing goes on: a workload is often told
    /// before the policy it names, and what was permitted stays until that policy is here and is
    /// asked.
    ///
    /// @param policies that apply to the pod
    /// @param workload uid of the pod, for the log
    /// @return how many were cut
    public int judgeAgain(PolicySet policies, String workload) {
        if (policies == judgedBy) {
            return 0;
        }
        judgedBy = policies;
        int cut = 0;
        for (var connection : open) {
            var facts = connection.facts();
            if (facts.isEmpty()) {
                continue;
            }
            switch (Authorizer.authorize(policies, facts.get())) {
                case Verdict.Allowed _, Verdict.Denied(Verdict.Denial.ByMissingPolicy _) -> {}
                case Verdict.Denied(var why) -> {
                    LOG.info(
                            "connection "
                                    + described(connection.summary(), facts.get())
                                    + " ("
                                    + workload
                                    + ") closed because it's no longer allowed after a policy"
                                    + " update");
                    connection.cut(new CutReason.PolicyChange(why.text()));
                    cut++;
                }
            }
        }
        return cut;
    }

    /// `source(identity)->destination`, as the reference writes it.
    private static String described(TrackedConnection.Summary summary, ConnectionFacts facts) {
        return Addresses.text(summary.src())
                + "("
                + facts.peer().map(SpiffeId::uri).orElse("None")
                + ")->"
                + Addresses.text(summary.actualDst());
    }

    /// Cuts the connections whose peer's certificate is revoked by now.
    ///
    /// @return how many
    public int cutRevoked() {
        int cut = 0;
        for (var connection : open) {
            if (connection.peer().filter(PeerChain::isRevoked).isPresent()) {
                connection.cut(new CutReason.CertificateRevoked());
                cut++;
            }
        }
        return cut;
    }

    public void cutAll(CutReason reason) {
        open.forEach(connection -> connection.cut(reason));
    }

    /// Calls back once nothing is open: at once if that is so now. One caller.
    public void whenEmpty(Runnable callback) {
        whenEmpty = callback;
        if (open.isEmpty()) {
            callback.run();
        }
    }
}
