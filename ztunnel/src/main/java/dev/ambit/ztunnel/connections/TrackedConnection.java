package dev.ambit.ztunnel.connections;

import dev.ambit.mesh.policy.ConnectionFacts;
import java.util.Optional;

/// An open connection as others see it: to list it, to judge it again, to cut it.
public interface TrackedConnection {
    Summary summary();

    /// What policy judged; empty for outbound, which is judged at the other end.
    Optional<ConnectionFacts> facts();

    /// Ends the connection. From any thread; idempotent.
    ///
    /// @param reason for the access log
    void cut(CutReason reason);

    /// As `/config_dump` lists it.
    ///
    /// @param originalDst what was addressed; empty where it is the same as `actualDst`
    /// @param protocol `HBONE` or `TCP`
    record Summary(
            boolean inbound,
            String src,
            Optional<String> originalDst,
            String actualDst,
            String protocol) {}
}
