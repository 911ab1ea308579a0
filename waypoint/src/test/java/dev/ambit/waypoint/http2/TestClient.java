package dev.ambit.waypoint.http2;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A client that notes what it is told.
final class TestClient implements ClientConnection.Owner {
    final MemoryDuplex duplex = new MemoryDuplex();
    final Http2ClientConnection connection;
    final List<String> closed = new ArrayList<>();
    int rooms;
    int draining;

    TestClient(Http2Options options) {
        connection = Http2ClientConnection.over(duplex, options, Http2Limits.defaults(), this);
    }

    /// The server's SETTINGS, and its answer to ours.
    void open() {
        duplex.receive(
                H2.join(H2.frame(Http2.SETTINGS, 0, 0), H2.frame(Http2.SETTINGS, Http2.ACK, 0)));
        sent();
    }

    void close() {
        connection.close(new StreamReset(StreamReset.Kind.LOCAL, "end of test"));
    }

    List<String> sent() {
        return H2.told(duplex.sent());
    }

    Exchange send(RequestHead head, boolean bodyFollows) {
        var exchange = new Exchange();
        exchange.stream = connection.send(head, bodyFollows, exchange);
        return exchange;
    }

    @Override
    public void onRoom(ClientConnection of) {
        rooms++;
    }

    @Override
    public void onDraining(ClientConnection of) {
        draining++;
    }

    @Override
    public void onClosed(ClientConnection of, StreamReset reason) {
        closed.add(reason.kind() + " " + reason.detail());
    }

    static final class Exchange implements ClientStream.Inlet {
        final List<String> events = new ArrayList<>();
        private @Nullable ClientStream stream;
        int taken;

        ClientStream stream() {
            return Objects.requireNonNull(stream);
        }

        @Override
        public void onInformational(ResponseHead head) {
            events.add("interim " + head.status());
        }

        @Override
        public void onHead(ResponseHead head, boolean bodyFollows) {
            events.add("head " + head.status() + (bodyFollows ? " body" : ""));
        }

        @Override
        public void onData(ByteBuf bytes) {
            events.add("data " + bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
        }

        @Override
        public void onBurstEnd() {
            events.add("burst");
        }

        @Override
        public void onEnd(Headers trailers) {
            events.add("end" + (trailers.isEmpty() ? "" : " " + trailers.toString().strip()));
        }

        @Override
        public void onReset(StreamReset reason) {
            events.add("reset " + reason.kind() + " " + reason.detail());
        }

        @Override
        public void onTaken(int bytes) {
            taken += bytes;
        }
    }
}
