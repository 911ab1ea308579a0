package dev.ambit.ztunnel.outbound;

import dev.ambit.identity.SpiffeId;
import dev.ambit.ztunnel.outbound.OutboundDecision.Destination;
import dev.ambit.ztunnel.outbound.OutboundDecision.DoubleTunnel;
import dev.ambit.ztunnel.outbound.OutboundDecision.Plain;
import dev.ambit.ztunnel.outbound.OutboundDecision.Tunnel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;

/// A decision but for the next hop's address.
public sealed interface Route {

    OutboundDecision at(InetAddress hop);

    /// To the workload itself, by HBONE if it takes that.
    ///
    /// @param port of the application
    record Direct(int port, Set<SpiffeId> accepts, Destination destination) implements Route {
        @Override
        public OutboundDecision at(InetAddress hop) {
            return switch (destination.workload().protocol()) {
                case TCP -> new Plain(hop(hop, port), destination);
                case HBONE ->
                        new Tunnel(
                                hop(hop, OutboundRouter.HBONE_PORT),
                                Addresses.text(hop, port),
                                accepts,
                                destination);
            };
        }
    }

    /// To a waypoint, always by HBONE.
    ///
    /// @param port of the waypoint's HBONE listener
    record ToWaypoint(int port, String authority, Set<SpiffeId> accepts, Destination destination)
            implements Route {
        @Override
        public OutboundDecision at(InetAddress hop) {
            return new Tunnel(hop(hop, port), authority, accepts, destination);
        }
    }

    /// To a network's gateway, see `DoubleTunnel`.
    ///
    /// @param port of the gateway's HBONE listener
    record ToGateway(
            int port,
            Set<SpiffeId> gatewayAccepts,
            String authority,
            Set<SpiffeId> innerAccepts,
            Destination destination)
            implements Route {
        @Override
        public OutboundDecision at(InetAddress hop) {
            return new DoubleTunnel(
                    hop(hop, port), gatewayAccepts, authority, innerAccepts, destination);
        }
    }

    private static NextHop hop(InetAddress address, int port) {
        return new NextHop(new InetSocketAddress(address, port));
    }
}
