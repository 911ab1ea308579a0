package dev.ambit.waypoint.pool;

import java.net.InetSocketAddress;
import java.util.List;

/// Where a host's bytes go: the address part of an endpoint. Addresses are resolved.
public sealed interface Target {
    /// Straight there, outside the mesh. More than one address where the host has several families:
    /// tried in turn (RFC 8305 without its races).
    record Direct(List<InetSocketAddress> addresses) implements Target {}

    /// HBONE: a tunnel to `node`, a CONNECT to `authority` in it.
    ///
    /// @param node `ip:15008` of the pod, or of a waypoint that stands before it
    /// @param authority `ip:port` of the pod
    record Tunnel(InetSocketAddress node, String authority) implements Target {}

    /// Double HBONE: through another network's gateway.
    ///
    /// @param gateway `ip:15008`
    /// @param authority `host:port` of the service
    record GatewayTunnel(InetSocketAddress gateway, String authority) implements Target {}
}
