package dev.ambit.ztunnel.outbound;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Workload;
import java.util.Optional;
import java.util.Set;

/// What this node does with one captured connection. Made once, before any byte is sent, by
/// `OutboundRouter`; nothing downstream asks the mesh again.
public sealed interface OutboundDecision {

    /// The destination is not in the mesh's books: dial it, bytes as they are.
    record Passthrough(NextHop nextHop) implements OutboundDecision {}

    /// A known destination that takes no HBONE: dial it, bytes as they are.
    record Plain(NextHop nextHop, Destination destination) implements OutboundDecision {}

    /// One CONNECT over mutual TLS.
    ///
    /// @param authority value of the `:authority` pseudo-header
    /// @param accepts identities of which the peer must prove one; never empty
    record Tunnel(NextHop nextHop, String authority, Set<SpiffeId> accepts, Destination destination)
            implements OutboundDecision {
        public Tunnel {
            accepts = Set.copyOf(accepts);
            if (accepts.isEmpty()) {
                throw new IllegalArgumentException("accepts: [] (expected: at least one identity)");
            }
        }
    }

    /// Nothing is dialled.
    record Refused(Refusal why) implements OutboundDecision {}

    /// Whom the connection is for, as metrics and the access log say it.
    ///
    /// @param service the service that was addressed, if it was one
    record Destination(Workload workload, Optional<Service> service) {}
}
