package dev.ambit.ztunnel.connections;

import dev.ambit.identity.tls.PeerChain;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.ConnectionFacts;
import java.net.InetSocketAddress;
import java.util.Optional;

/// An open connection as others see it: to list it, to judge it again, to cut it.
public interface TrackedConnection {
    Summary summary();

    /// What policy judged; empty for outbound, which is judged at the other end.
    Optional<ConnectionFacts> facts();

    /// What the other end proved; empty for plaintext, and before it is known.
    Optional<PeerChain> peer();

    /// Ends the connection. From any thread; idempotent.
    ///
    /// @param reason for the access log
    void cut(CutReason reason);

    /// As `/config_dump` lists it.
    ///
    /// @param originalDst what was addressed; empty where it is the same as `actualDst`
    record Summary(
            boolean inbound,
            InetSocketAddress src,
            Optional<String> originalDst,
            InetSocketAddress actualDst,
            Workload.TunnelProtocol protocol) {}
}
