package dev.ambit.ztunnel.telemetry;

import dev.ambit.mesh.model.Workload;
import java.net.InetSocketAddress;

/// Where connections are told about. Never blocks; any thread.
public interface ConnectionReporter {

    /// Counts an attempt. Call it when the route is known, before dialling; the result must be
    /// closed exactly once.
    OpenConnection opened(ConnectionDescription connection);

    /// A peer was refused in the handshake, or its open tunnel cut, because its certificate is
    /// revoked.
    default void peerRevoked(Direction direction) {}

    /// A connection that was turned away before anything was known about it: one warning in the
    /// access log, one more of those in the metrics, and none of the connections'.
    void earlyDeny(
            Direction direction,
            InetSocketAddress source,
            InetSocketAddress destination,
            String error);

    /// A connection whose next hop had a name and no address.
    void resolvedOnDemand(Workload source, String hostname);

    /// How long a connection, or the tunnel that it waited for, spent in one phase. On the hot
    /// path: no allocation.
    default void took(Phase phase, Direction direction, long nanos) {}
}
