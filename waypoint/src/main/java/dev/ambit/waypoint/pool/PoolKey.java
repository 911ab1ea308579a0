package dev.ambit.waypoint.pool;

import dev.ambit.waypoint.http.HttpVersion;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/// What exchanges must have in common to share a connection.
///
/// @param cluster by name: clusters never share connections
/// @param version HTTP/1.1 or HTTP/2; null to let ALPN decide, and for bytes
/// @param sni that goes into the handshake; empty for none
/// @param source whose address the PROXY header carries; null where none is sent
/// @param destination of the PROXY header
public record PoolKey(
        String cluster,
        Target target,
        TransportConfig transport,
        @Nullable HttpVersion version,
        String sni,
        @Nullable InetSocketAddress source,
        @Nullable InetSocketAddress destination) {

    /// Asked for each exchange, so only what tells most keys apart is in it; the rest is told by
    /// `equals`, where the same objects are equal at once.
    @Override
    public int hashCode() {
        return 31 * (31 * target.hashCode() + cluster.hashCode()) + sni.hashCode();
    }
}
