package dev.ambit.waypoint.upstream.call;

import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import dev.ambit.waypoint.upstream.UpstreamHost;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A gRPC stream on which we send messages and drop what comes back. On its loop.
public final class GrpcStream {
    private final RequestHead head;
    private final Consumer<String> closed;
    private Upstream.@Nullable Cancel waiting;
    private @Nullable ClientStream stream;
    private @Nullable Runnable ready;
    private long outstanding;
    private boolean over;

    private GrpcStream(RequestHead head, Runnable ready, Consumer<String> closed) {
        this.head = head;
        this.ready = ready;
        this.closed = closed;
    }

    /// On the loop.
    ///
    /// @param head of `Grpc.head`
    /// @param ready once, when messages may be sent; possibly before this returns
    /// @param closed with the reason, once, unless it is closed from here; possibly before this
    ///   returns
    public static GrpcStream open(
            Upstreams upstreams,
            String cluster,
            RequestHead head,
            Runnable ready,
            Consumer<String> closed) {
        var made = new GrpcStream(head, ready, closed);
        var upstream = upstreams.find(cluster);
        if (upstream == null) {
            made.end("no cluster '" + cluster + "'");
            return made;
        }
        var cancel = upstream.request(Call.pick(head), Permit.forService(), made.new Waiting());
        if (made.stream == null && !made.over) {
            made.waiting = cancel;
        }
        return made;
    }

    /// Bytes that the connection has not taken yet.
    public long outstanding() {
        return outstanding;
    }

    public boolean open() {
        return stream != null;
    }

    /// Sends a message, once ready. What is sent to a closed stream is lost.
    public void send(byte[] message) {
        var to = stream;
        if (to == null) {
            return;
        }
        var frame = Grpc.frame(message);
        outstanding += frame.length;
        to.writeData(Unpooled.wrappedBuffer(frame));
        to.flush();
    }

    /// Ends it; nobody is told. Idempotent.
    public void close() {
        if (over) {
            return;
        }
        over = true;
        if (waiting != null) {
            waiting.cancel();
            waiting = null;
        }
        var to = stream;
        stream = null;
        if (to != null) {
            to.end(new Headers());
            to.flush();
        }
    }

    private final class Waiting implements Upstream.RequestListener {
        @Override
        public void onReady(
                UpstreamHost host, ClientConnection connection, Upstream.ConnectionFacts facts) {
            waiting = null;
            var to = connection.send(head, true, new Answer());
            if (over) {
                return;
            }
            stream = to;
            to.flush();
            var run = ready;
            ready = null;
            if (run != null) {
                run.run();
            }
        }

        @Override
        public void onFailed(UpstreamFailure failure) {
            waiting = null;
            end(failure.kind() + ": " + failure.detail());
        }
    }

    private final class Answer implements ClientStream.Inlet {
        @Override
        public void onInformational(ResponseHead interim) {}

        @Override
        public void onHead(ResponseHead response, boolean bodyFollows) {}

        @Override
        public void onData(ByteBuf bytes) {
            int size = bytes.readableBytes();
            bytes.release();
            if (stream != null) {
                stream.grant(size);
            }
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd(Headers trailers) {
            var to = stream;
            var status = trailers.get("grpc-status");
            end("ended by the server, grpc-status " + (status == null ? "missing" : status));
            if (to != null) {
                to.reset(new StreamReset(StreamReset.Kind.LOCAL, "the server has ended"));
            }
        }

        @Override
        public void onReset(StreamReset reason) {
            end(reason.detail());
        }

        @Override
        public void onTaken(int bytes) {
            outstanding -= bytes;
        }
    }

    private void end(String why) {
        if (over) {
            return;
        }
        over = true;
        stream = null;
        closed.accept(why);
    }
}
