package dev.ambit.waypoint.telemetry;

import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.log.AccessLog;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the front tells, and how it finds out who calls. For any thread.
public final class FrontTelemetry implements ConnectTelemetry {
    private final @Nullable PeerDirectory peers;
    private final List<Discovery> discoveries;
    private final boolean tellsBaggage;
    private final List<AccessLog> connects;
    private final List<AccessLog> chainless;

    /// How a caller is found out; the first that knows it counts.
    public enum Discovery {
        /// By its address. Not for one that came from another network, where the address means
        /// somebody else.
        WORKLOAD,
        /// By what the CONNECT says: `baggage`.
        BAGGAGE
    }

    /// @param tellsBaggage see `ConnectTelemetry`
    /// @param connects access logs of CONNECT requests
    /// @param chainless access logs of connections without a chain
    public FrontTelemetry(
            @Nullable PeerDirectory peers,
            List<Discovery> discoveries,
            boolean tellsBaggage,
            List<AccessLog> connects,
            List<AccessLog> chainless) {
        this.peers = peers;
        this.discoveries = List.copyOf(discoveries);
        this.tellsBaggage = tellsBaggage;
        this.connects = List.copyOf(connects);
        this.chainless = List.copyOf(chainless);
    }

    @Override
    public void onConnect(ConnectionInfo connection) {
        for (var discovery : discoveries) {
            var peer =
                    switch (discovery) {
                        case WORKLOAD -> byAddress(connection);
                        case BAGGAGE -> byBaggage(connection);
                    };
            if (peer != null) {
                connection.downstreamPeer(peer);
                return;
            }
        }
    }

    private @Nullable PeerMetadata byAddress(ConnectionInfo connection) {
        if (peers == null) {
            return null;
        }
        var network = connection.forwardedNetwork();
        if (network.isPresent() && !network.get().equals(peers.network())) {
            return null;
        }
        return peers.find(Facts.ip(connection.remote()));
    }

    private static @Nullable PeerMetadata byBaggage(ConnectionInfo connection) {
        var header = connection.baggage();
        if (header.isEmpty()) {
            return null;
        }
        return PeerMetadata.ofBaggage(header.get(), connection.peerPrincipal());
    }

    @Override
    public boolean tellsBaggage() {
        return tellsBaggage;
    }

    @Override
    public void onConnectEnd(StreamInfo info) {
        for (var log : connects) {
            log.log(info);
        }
    }

    @Override
    public void onNoChain(StreamInfo info) {
        for (var log : chainless) {
            log.log(info);
        }
    }
}
