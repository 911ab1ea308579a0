package dev.ambit.ztunnel.inbound;

import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.policy.ConnectionFacts;
import java.net.InetSocketAddress;
import java.util.Optional;

/// What this node does with a request that reached one of its pods, before policy is asked.
public sealed interface InboundDecision {

    /// Ours to deliver, if policy permits.
    ///
    /// @param target the application's address; the pod's own, whatever was asked for
    /// @param facts what policy judges
    /// @param service for metrics and the access log
    record Deliver(InetSocketAddress target, ConnectionFacts facts, Optional<Service> service)
            implements InboundDecision {}

    record Rejected(Rejection why) implements InboundDecision {}
}
