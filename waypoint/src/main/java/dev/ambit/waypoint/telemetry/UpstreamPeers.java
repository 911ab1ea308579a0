package dev.ambit.waypoint.telemetry;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.exchange.TunnelPeer;
import dev.ambit.waypoint.upstream.UpstreamHost;
import org.jspecify.annotations.Nullable;

/// How a destination is found out; the first that knows it counts: who has its address, then what
/// it said of itself when it took the tunnel.
///
/// @param peers by address; null for no look-up
/// @param told whether what it says of itself counts
public record UpstreamPeers(@Nullable PeerDirectory peers, boolean told) {
    public static final UpstreamPeers NONE = new UpstreamPeers(null, false);

    @Nullable PeerMetadata find(StreamInfo info, UpstreamHost host) {
        var found = peers == null ? null : peers.find(host.workloadAddress());
        var tunnel = info.tunnelPeer;
        return found != null || !told || tunnel == null ? found : said(tunnel);
    }

    private static @Nullable PeerMetadata said(TunnelPeer tunnel) {
        if (tunnel.known() instanceof PeerMetadata known) {
            return known;
        }
        var made = PeerMetadata.ofBaggage(tunnel.baggage(), tunnel.principal());
        if (made != null) {
            tunnel.known(made);
        }
        return made;
    }
}
