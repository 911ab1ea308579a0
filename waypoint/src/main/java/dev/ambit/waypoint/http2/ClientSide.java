package dev.ambit.waypoint.http2;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.StreamReset;

/// A stream that we opened.
final class ClientSide extends Http2Stream implements ClientStream {
    final ClientStream.Inlet heads;
    final boolean head;
    final boolean connect;
    final boolean upgrade;

    /// The final head has come.
    boolean answered;

    /// @param head a HEAD request, whose answer has no body whatever it says
    /// @param connect after a 2xx, bytes follow
    /// @param upgrade an extended CONNECT, whose 200 is a 101 to whoever asked for it
    ClientSide(
            Http2Engine engine,
            int id,
            int sendWindow,
            int receiveWindow,
            ClientStream.Inlet heads,
            boolean head,
            boolean connect,
            boolean upgrade) {
        super(engine, id, sendWindow, receiveWindow);
        this.heads = heads;
        this.head = head;
        this.connect = connect;
        this.upgrade = upgrade;
        inlet(heads);
    }

    @Override
    boolean answers() {
        return false;
    }

    @Override
    int codeFor(StreamReset reason) {
        return switch (reason.kind()) {
            case LOCAL_REFUSED, REMOTE_REFUSED -> Http2.REFUSED_STREAM;
            case CONNECT_ERROR -> Http2.CONNECT_ERROR;
            case PROTOCOL_ERROR -> Http2.PROTOCOL_ERROR;
            case LOCAL, REMOTE, CONNECTION_LOST -> endReceived() ? Http2.NO_ERROR : Http2.CANCEL;
        };
    }
}
