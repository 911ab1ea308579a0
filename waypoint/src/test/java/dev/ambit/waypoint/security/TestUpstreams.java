package dev.ambit.waypoint.security;

import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.PickContext;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import dev.ambit.waypoint.upstream.UpstreamHost;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One cluster, `server`, whose only host is this test: it takes requests and answers when it is
/// told to.
public final class TestUpstreams implements Upstreams, Upstream, ClientConnection, UpstreamHost {
    public final List<Call> calls = new ArrayList<>();
    public final List<HostResult> reported = new ArrayList<>();
    public @Nullable UpstreamFailure failure;
    public int cancelled;
    private final EventLoop loop = new TestExchange().loop();

    /// A request that came, and the way to answer it.
    public final class Call implements ClientStream {
        public final RequestHead head;
        private final ClientStream.Inlet inlet;
        public byte[] body = {};
        public boolean ended;
        public @Nullable StreamReset reset;
        public int granted;

        Call(RequestHead head, boolean bodyFollows, ClientStream.Inlet inlet) {
            this.head = head;
            this.inlet = inlet;
            ended = !bodyFollows;
        }

        public void answer(int status, Headers headers, byte[] answer, Headers trailers) {
            inlet.onHead(new ResponseHead(status, headers), answer.length > 0);
            if (answer.length > 0) {
                inlet.onData(Unpooled.wrappedBuffer(answer));
                inlet.onBurstEnd();
            }
            if (reset == null) {
                inlet.onEnd(trailers);
            }
        }

        public void lose() {
            inlet.onReset(new StreamReset(StreamReset.Kind.CONNECTION_LOST, "lost"));
        }

        @Override
        public EventLoop loop() {
            return loop;
        }

        @Override
        public void writeData(ByteBuf bytes) {
            body = ByteBufUtil.getBytes(bytes);
            bytes.release();
        }

        @Override
        public void end(Headers trailers) {
            ended = true;
        }

        @Override
        public void flush() {}

        @Override
        public void reset(StreamReset reason) {
            reset = reason;
        }

        @Override
        public void grant(int bytes) {
            granted += bytes;
        }

        @Override
        public long wireBytesSent() {
            return 0;
        }

        @Override
        public long wireBytesReceived() {
            return 0;
        }
    }

    @Override
    public @Nullable Upstream find(String cluster) {
        return cluster.equals("server") ? this : null;
    }

    @Override
    public ClusterFacts facts() {
        return new ClusterFacts("server", "server", List.of(), "", "");
    }

    @Override
    public Cancel request(PickContext context, Permit permit, RequestListener listener) {
        if (failure != null) {
            listener.onFailed(failure);
        } else {
            listener.onReady(this, this, new ConnectionFacts("", 0));
        }
        return () -> cancelled++;
    }

    @Override
    public Cancel connect(PickContext context, Permit permit, ConnectListener listener) {
        throw new UnsupportedOperationException("requests only");
    }

    @Override
    public @Nullable Runnable retry() {
        return null;
    }

    @Override
    public HttpVersion version() {
        return HttpVersion.HTTP_2;
    }

    @Override
    public int room() {
        return 1;
    }

    @Override
    public int active() {
        return calls.size();
    }

    @Override
    public ClientStream send(RequestHead head, boolean bodyFollows, ClientStream.Inlet inlet) {
        var call = new Call(head, bodyFollows, inlet);
        calls.add(call);
        return call;
    }

    @Override
    public void drain() {}

    @Override
    public void close(StreamReset reason) {}

    @Override
    public String address() {
        return "10.0.0.9:80";
    }

    @Override
    public String hostname() {
        return "";
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public String workloadAddress() {
        return "";
    }

    @Override
    public void report(HostResult result) {
        reported.add(result);
    }
}
