package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.ServerStream;

/// A request that is answered.
final class ServerTurn extends Turn implements ServerStream {
    private final Http1ServerConnection server;
    final boolean http11;
    final boolean head;

    /// A CONNECT, or a request for another protocol: until it is answered, what follows is kept.
    final boolean mayTurnRaw;

    final boolean connect;
    boolean requestDone;
    boolean responseDone;

    ServerTurn(Http1ServerConnection server, RequestReader request, int headBytes) {
        super(server, headBytes);
        this.server = server;
        http11 = request.http11();
        head = request.method().equals("HEAD");
        connect = request.method().equals("CONNECT");
        mayTurnRaw = connect || request.head().upgrade() != null;
    }

    @Override
    public void informational(ResponseHead interim) {
        if (!over() && out == Out.NOT_BEGUN && http11) {
            server.sendInterim(interim);
        }
    }

    @Override
    public void respond(ResponseHead response, boolean bodyFollows) {
        if (!over() && out == Out.NOT_BEGUN) {
            server.sendHead(this, response, bodyFollows);
        }
    }
}
