package dev.ambit.waypoint.http2;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.ServerStream;
import dev.ambit.waypoint.http.StreamReset;

/// A stream that a client opened.
final class ServerSide extends Http2Stream implements ServerStream {
    final long openedAt;
    private boolean responded;

    ServerSide(Http2Engine engine, int id, int sendWindow, int receiveWindow, long openedAt) {
        super(engine, id, sendWindow, receiveWindow);
        this.openedAt = openedAt;
    }

    @Override
    public void informational(ResponseHead head) {
        if (!isClosed() && !responded) {
            engine.writeResponse(this, head.status(), head, false);
        }
    }

    @Override
    public void respond(ResponseHead head, boolean bodyFollows) {
        if (responded) {
            throw new IllegalStateException("response sent twice");
        }
        responded = true;
        if (isClosed()) {
            return;
        }
        // RFC 8441 section 5: what is 101 in HTTP/1.
        int status = head.status() == 101 ? 200 : head.status();
        engine.writeResponse(this, status, head, !bodyFollows);
        if (!bodyFollows) {
            endedByHead();
        }
    }

    @Override
    boolean answers() {
        return true;
    }

    @Override
    int codeFor(StreamReset reason) {
        return switch (reason.kind()) {
            case LOCAL_REFUSED, REMOTE_REFUSED -> Http2.REFUSED_STREAM;
            case CONNECT_ERROR -> Http2.CONNECT_ERROR;
            case PROTOCOL_ERROR -> Http2.PROTOCOL_ERROR;
            // Section 8.1: the answer is complete, the rest of the request is not wanted.
            case LOCAL, REMOTE, CONNECTION_LOST ->
                    endSent() ? Http2.NO_ERROR : Http2.INTERNAL_ERROR;
        };
    }
}
