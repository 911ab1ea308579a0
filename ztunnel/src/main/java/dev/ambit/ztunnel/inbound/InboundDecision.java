package dev.ambit.ztunnel.inbound;

import dev.ambit.hbone.wire.ProxyProtocolV2;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.ztunnel.pod.CallerAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/// What this node does with a request that reached one of its pods, before policy is asked.
public sealed interface InboundDecision {

    /// Ours to deliver, if policy permits.
    ///
    /// @param target the pod's own address, whatever was asked for, and the application's port
    /// @param facts what policy judges
    /// @param service for metrics and the access log
    /// @param caller whose address the application sees
    /// @param header what the application is told before the peer's first byte
    /// @param fromGateway the peer's address is of another network: only its word about itself
    ///   counts for telemetry
    record Deliver(
            InetSocketAddress target,
            ConnectionFacts facts,
            Optional<Service> service,
            CallerAddress caller,
            Optional<ProxyProtocolV2> header,
            boolean fromGateway)
            implements InboundDecision {}

    record Rejected(Rejection why) implements InboundDecision {}
}
