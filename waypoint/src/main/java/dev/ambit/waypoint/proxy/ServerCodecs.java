package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.model.HttpOptions;

/// Puts HTTP on a connection that has been taken.
public interface ServerCodecs {
    /// @param version HTTP/2, or HTTP/1.1 for both versions of HTTP/1
    ServerConnection open(
            HttpVersion version,
            Duplex bytes,
            HttpOptions options,
            ServerConnection.Handler handler);
}
