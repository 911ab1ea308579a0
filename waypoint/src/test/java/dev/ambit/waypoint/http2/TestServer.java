package dev.ambit.waypoint.http2;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.http.ServerStream;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A server that answers a complete request with a 200, unless its test answers itself.
final class TestServer implements ServerConnection.Handler {
    final MemoryDuplex duplex;
    final Http2ServerConnection connection;
    final List<Request> requests = new ArrayList<>();
    final List<String> told = new ArrayList<>();
    boolean answers = true;
    boolean grants = true;
    boolean closed;

    TestServer(Http2Options options) {
        this(options, Http2Limits.defaults(), new MemoryDuplex());
    }

    TestServer(Http2Options options, Http2Limits limits, MemoryDuplex duplex) {
        this.duplex = duplex;
        connection = Http2ServerConnection.over(duplex, options, limits, this);
    }

    /// The client's preface, and its answer to our SETTINGS.
    void open() {
        duplex.receive(H2.preface());
        duplex.receive(H2.frame(Http2.SETTINGS, Http2.ACK, 0));
        sent();
    }

    void close() {
        connection.close(new StreamReset(StreamReset.Kind.LOCAL, "end of test"));
    }

    List<String> sent() {
        return H2.told(duplex.sent());
    }

    Request request(int index) {
        return requests.get(index);
    }

    @Override
    public HttpStream.Inlet onRequest(ServerStream stream, RequestHead head, boolean bodyFollows) {
        var request = new Request(stream, head, bodyFollows);
        requests.add(request);
        return request;
    }

    @Override
    public void onRejected(ServerConnection.Rejected rejected) {
        told.add("rejected " + rejected.details());
    }

    @Override
    public void onClosed() {
        closed = true;
    }

    final class Request implements HttpStream.Inlet {
        final ServerStream stream;
        final RequestHead head;
        final boolean bodyFollows;
        final StringBuilder body = new StringBuilder();
        final List<String> events = new ArrayList<>();
        int taken;

        Request(ServerStream stream, RequestHead head, boolean bodyFollows) {
            this.stream = stream;
            this.head = head;
            this.bodyFollows = bodyFollows;
        }

        @Override
        public void onData(ByteBuf bytes) {
            int length = bytes.readableBytes();
            body.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
            if (grants) {
                stream.grant(length);
            }
        }

        @Override
        public void onBurstEnd() {
            events.add("burst");
        }

        @Override
        public void onEnd(Headers trailers) {
            events.add("end" + (trailers.isEmpty() ? "" : " " + trailers));
            if (answers) {
                stream.respond(new ResponseHead(200, new Headers()), false);
            }
        }

        @Override
        public void onReset(StreamReset reason) {
            events.add("reset");
            told.add("reset " + reason.kind() + " " + reason.detail());
        }

        @Override
        public void onTaken(int bytes) {
            taken += bytes;
        }
    }
}
