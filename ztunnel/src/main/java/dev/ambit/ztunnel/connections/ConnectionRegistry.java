package dev.ambit.ztunnel.connections;

import dev.ambit.mesh.policy.ConnectionFacts;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/// One pod's open connections.
///
/// A connection registers *before* it is judged for the first time. So a policy that arrives in
/// between is seen by one of the two: by the first judgement, or by `judgeAgain`.
public final class ConnectionRegistry {
    private final Set<TrackedConnection> open = ConcurrentHashMap.newKeySet();
    private volatile Runnable whenEmpty = () -> {};

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

    /// Cuts what would no longer be permitted. Runs on the caller's thread, which is the store's
    /// writer; the cuts happen on each connection's own loop.
    ///
    /// @param denial what now denies a connection with these facts, empty if nothing does
    /// @return how many were cut
    public int judgeAgain(Function<ConnectionFacts, Optional<String>> denial) {
        int cut = 0;
        for (var connection : open) {
            var denied = connection.facts().flatMap(denial);
            if (denied.isPresent()) {
                connection.cut(new CutReason.PolicyChange(denied.get()));
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
