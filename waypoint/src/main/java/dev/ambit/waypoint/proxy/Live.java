package dev.ambit.waypoint.proxy;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The connections of one loop that are to be drained when the process ends. On that loop.
public final class Live {
    private final Set<Drainable> connections = new LinkedHashSet<>();
    private boolean draining;
    private int mirrors;

    /// A connection that can say goodbye.
    interface Drainable {
        void drain();

        /// Ends at once if the other end's certificate is revoked by now.
        default void cutIfRevoked() {}
    }

    void add(Drainable connection) {
        connections.add(connection);
        if (draining) {
            connection.drain();
        }
    }

    void remove(Drainable connection) {
        connections.remove(connection);
    }

    /// Says goodbye to all, and to those that come.
    public void drain() {
        draining = true;
        List.copyOf(connections).forEach(Drainable::drain);
    }

    /// Cuts those whose other ends' certificates are revoked by now.
    public void cutRevoked() {
        List.copyOf(connections).forEach(Drainable::cutIfRevoked);
    }

    public boolean draining() {
        return draining;
    }

    /// Those that have not ended.
    public int connections() {
        return connections.size();
    }

    boolean tryMirror(int limit) {
        if (mirrors >= limit) {
            return false;
        }
        mirrors++;
        return true;
    }

    void mirrorDone() {
        mirrors--;
    }
}
