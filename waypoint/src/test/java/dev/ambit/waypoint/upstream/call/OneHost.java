package dev.ambit.waypoint.upstream.call;

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
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One cluster with one host, whose answers a test gives by hand.
public final class OneHost implements Upstreams, Upstream, UpstreamHost, ClientConnection {
    private final EventLoop loop;
    private final String name;
    public final List<Exchange> exchanges = new ArrayList<>();
    public final List<HostResult> reports = new ArrayList<>();

    /// What a request for a connection is answered with; null for one that works.
    public @Nullable UpstreamFailure failure;

    /// Whether a request for a connection is never answered.
    public boolean silent;

    public int cancelled;

    public OneHost(EventLoop loop, String name) {
        this.loop = loop;
        this.name = name;
    }

    public Exchange last() {
        return exchanges.getLast();
    }

    @Override
    public @Nullable Upstream find(String cluster) {
        return cluster.equals(name) ? this : null;
    }

    @Override
    public ClusterFacts facts() {
        return new ClusterFacts(name, name, List.of(), "", "");
    }

    @Override
    public Cancel request(PickContext context, Permit permit, RequestListener listener) {
        if (failure != null) {
            listener.onFailed(failure);
        } else if (!silent) {
            listener.onReady(this, this, new ConnectionFacts("10.0.0.9:1", 0));
        }
        return () -> cancelled++;
    }

    @Override
    public Cancel connect(PickContext context, Permit permit, ConnectListener listener) {
        throw new UnsupportedOperationException("bytes");
    }

    @Override
    public @Nullable Runnable retry() {
        return null;
    }

    @Override
    public String address() {
        return "10.0.0.1:80";
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
        return "10.0.0.1";
    }

    @Override
    public void report(HostResult result) {
        reports.add(result);
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
        return 0;
    }

    @Override
    public void drain() {}

    @Override
    public void close(StreamReset reason) {}

    @Override
    public ClientStream send(RequestHead head, boolean bodyFollows, ClientStream.Inlet inlet) {
        var exchange = new Exchange(head, inlet);
        exchange.requestEnded = !bodyFollows;
        exchanges.add(exchange);
        return exchange;
    }

    /// One request that came.
    public final class Exchange implements ClientStream {
        public final RequestHead head;
        public final ClientStream.Inlet inlet;
        public final ByteArrayOutputStream body = new ByteArrayOutputStream();
        public boolean requestEnded;
        public int flushes;
        public int granted;
        public @Nullable StreamReset reset;

        Exchange(RequestHead head, ClientStream.Inlet inlet) {
            this.head = head;
            this.inlet = inlet;
        }

        public void answer(int status, Headers headers, byte[] bytes, Headers trailers) {
            inlet.onHead(new ResponseHead(status, headers), true);
            if (bytes.length > 0) {
                inlet.onData(Unpooled.copiedBuffer(bytes));
                inlet.onBurstEnd();
            }
            inlet.onEnd(trailers);
        }

        @Override
        public EventLoop loop() {
            return loop;
        }

        @Override
        public void writeData(ByteBuf bytes) {
            var copy = new byte[bytes.readableBytes()];
            bytes.readBytes(copy);
            bytes.release();
            body.writeBytes(copy);
        }

        @Override
        public void end(Headers trailers) {
            requestEnded = true;
        }

        @Override
        public void flush() {
            flushes++;
        }

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
}
