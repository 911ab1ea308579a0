package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.ClientStream;

/// A request that is sent.
final class ClientTurn extends Turn implements ClientStream {
    final String method;
    final boolean upgrading;
    final ClientStream.Inlet to;
    boolean requestDone;
    boolean responseDone;

    ClientTurn(
            Http1ClientConnection client,
            String method,
            boolean upgrading,
            ClientStream.Inlet inlet) {
        super(client, 0);
        this.method = method;
        this.upgrading = upgrading;
        to = inlet;
        this.inlet = inlet;
    }
}
