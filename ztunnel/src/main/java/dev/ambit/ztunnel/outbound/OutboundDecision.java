package dev.ambit.ztunnel.outbound;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Workload;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/// What this node does with one captured connection. Made once, before any byte is sent, by
/// `OutboundRouter`; nothing downstream asks the mesh again.
public sealed interface OutboundDecision {

    /// The destination is not in the mesh's books: dial it, bytes as they are.
    record Passthrough(NextHop nextHop) implements OutboundDecision {}

    /// A known destination that takes no HBONE: dial it, bytes as they are.
    record Plain(NextHop nextHop, Destination destination) implements OutboundDecision {}

    /// One CONNECT over mutual TLS, to the destination itself or to a waypoint.
    ///
    /// @param authority value of the `:authority` pseudo-header: to a waypoint what was dialled,
    ///   else the workload's address and target port
    /// @param accepts identities of which the peer must prove one; never empty
    record Tunnel(NextHop nextHop, String authority, Set<SpiffeId> accepts, Destination destination)
            implements OutboundDecision {
        public Tunnel {
            accepts = notEmpty("accepts", accepts);
        }
    }

    /// A tunnel inside a tunnel: to a workload or a waypoint of another network, through that
    /// network's gateway, which ends the outer one and passes the inner one on unread.
    ///
    /// @param gateway where the outer tunnel goes
    /// @param gatewayAccepts identities of which the gateway must prove one; never empty
    /// @param authority `:authority` of both CONNECTs: the service's hostname and *service* port
    /// @param innerAccepts identities of which the far end must prove one; never empty. Which
    ///   workload it is the gateway decides, so these are the service's own names only
    /// @param destination the gateway's workload; the far end introduces itself in its answer
    record DoubleTunnel(
            NextHop gateway,
            Set<SpiffeId> gatewayAccepts,
            String authority,
            Set<SpiffeId> innerAccepts,
            Destination destination)
            implements OutboundDecision {
        public DoubleTunnel {
            gatewayAccepts = notEmpty("gatewayAccepts", gatewayAccepts);
            innerAccepts = notEmpty("innerAccepts", innerAccepts);
        }
    }

    /// The next hop has a name and no address: ask for it, and carry out what comes of it.
    ///
    /// @param hop whose hostname is to be resolved
    /// @param dialled what the application dialled: its family is preferred
    /// @param then what to do with the address
    record Resolve(Workload hop, InetAddress dialled, Route then) implements OutboundDecision {
        public String hostname() {
            return hop.hostname();
        }

        /// One of the addresses at random, of the family that was dialled if there is one.
        public OutboundDecision answered(List<InetAddress> addresses, RandomGenerator random) {
            if (addresses.isEmpty()) {
                return new Refused(new Refusal.NoAddressRecords(hop.uid()));
            }
            var same = addresses.stream().filter(a -> sameFamily(a, dialled)).toList();
            var from = same.isEmpty() ? addresses : same;
            return then.at(from.get(random.nextInt(from.size())));
        }

        /// @param why what the resolver said
        public OutboundDecision failed(String why) {
            return new Refused(new Refusal.NotResolved(hop.uid(), hop.hostname(), why));
        }
    }

    /// Nothing is dialled.
    record Refused(Refusal why) implements OutboundDecision {}

    /// Whom the connection is for, as metrics and the access log say it.
    ///
    /// @param workload the next hop that proves itself: the endpoint, the waypoint, the gateway
    /// @param service the service that was addressed, if it was one
    record Destination(Workload workload, Optional<Service> service) {}

    static boolean sameFamily(InetAddress a, InetAddress b) {
        return a.getClass() == b.getClass();
    }

    private static Set<SpiffeId> notEmpty(String name, Set<SpiffeId> identities) {
        if (identities.isEmpty()) {
            throw new IllegalArgumentException(name + ": [] (expected: at least one identity)");
        }
        return Set.copyOf(identities);
    }
}
