package dev.ambit.waypoint.pool;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.HttpVersion;

/// Puts HTTP on a connection that is there.
public interface HttpConnections {
    ClientConnection open(
            HttpVersion version,
            Duplex bytes,
            HttpClientConfig config,
            ClientConnection.Owner owner);
}
