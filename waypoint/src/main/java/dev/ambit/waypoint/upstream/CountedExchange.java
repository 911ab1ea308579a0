package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.pool.HostPools;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/// One exchange on its way to a host: waits for the connection, then stands between the caller and
/// the connection's stream to know when it ends, for balancers and breakers. One object for all of
/// it, since every request has one.
final class CountedExchange
        implements HostPools.HttpListener, ClientConnection, ClientStream, ClientStream.Inlet {
    private final Host host;
    private final Upstream.RequestListener listener;
    private @Nullable ClientConnection connection;
    private @Nullable ClientStream stream;
    private ClientStream.@Nullable Inlet inlet;
    private boolean requestEnded;
    private boolean responseEnded;
    private boolean counted;

    CountedExchange(Host host, Upstream.RequestListener listener) {
        this.host = host;
        this.listener = listener;
    }

    Host host() {
        return host;
    }

    @Override
    public void onReady(ClientConnection ready, Upstream.ConnectionFacts facts) {
        if (!host.breakers().tryRequest()) {
            listener.onFailed(new UpstreamFailure(UpstreamFailure.Kind.OVERFLOW, host, "overflow"));
            return;
        }
        counted = true;
        host.requestStarted();
        var monitor = host.outlier();
        if (monitor != null) {
            monitor.connected();
        }
        connection = ready;
        listener.onReady(host, this, facts);
        if (stream == null) {
            // Nothing was sent.
            done();
        }
    }

    @Override
    public void onFailed(HostPools.PoolFailure failure) {
        listener.onFailed(failure(host, failure));
    }

    static UpstreamFailure failure(Host host, HostPools.PoolFailure failure) {
        var kind =
                switch (failure.kind()) {
                    case OVERFLOW -> UpstreamFailure.Kind.OVERFLOW;
                    case CONNECT_TIMEOUT -> UpstreamFailure.Kind.CONNECT_TIMEOUT;
                    case CONNECT_FAILED, CLOSED -> UpstreamFailure.Kind.CONNECT_FAILED;
                };
        if (kind != UpstreamFailure.Kind.OVERFLOW) {
            host.connectFailures.increment();
        }
        return new UpstreamFailure(kind, host, failure.detail());
    }

    private void done() {
        if (counted) {
            counted = false;
            host.requestEnded();
            host.breakers().requestDone();
        }
    }

    private void doneIfBoth() {
        if (requestEnded && responseEnded) {
            done();
        }
    }

    private ClientConnection connection() {
        if (connection == null) {
            throw new IllegalStateException("no connection yet");
        }
        return connection;
    }

    private ClientStream stream() {
        if (stream == null) {
            throw new IllegalStateException("nothing sent yet");
        }
        return stream;
    }

    private ClientStream.Inlet inlet() {
        if (inlet == null) {
            throw new IllegalStateException("nothing sent yet");
        }
        return inlet;
    }

    @Override
    public HttpVersion version() {
        return connection().version();
    }

    @Override
    public int room() {
        return stream == null ? connection().room() : 0;
    }

    @Override
    public int active() {
        return connection().active();
    }

    @Override
    public ClientStream send(RequestHead head, boolean bodyFollows, ClientStream.Inlet to) {
        inlet = to;
        requestEnded = !bodyFollows;
        stream = connection().send(head, bodyFollows, this);
        return this;
    }

    @Override
    public void drain() {
        connection().drain();
    }

    @Override
    public void close(StreamReset reason) {
        connection().close(reason);
    }

    @Override
    public EventLoop loop() {
        return stream().loop();
    }

    @Override
    public void writeData(ByteBuf bytes) {
        stream().writeData(bytes);
    }

    @Override
    public void end(Headers trailers) {
        stream().end(trailers);
        requestEnded = true;
        doneIfBoth();
    }

    @Override
    public void flush() {
        stream().flush();
    }

    @Override
    public void reset(StreamReset reason) {
        stream().reset(reason);
        done();
    }

    @Override
    public void grant(int bytes) {
        stream().grant(bytes);
    }

    @Override
    public long wireBytesSent() {
        return stream().wireBytesSent();
    }

    @Override
    public long wireBytesReceived() {
        return stream().wireBytesReceived();
    }

    @Override
    public void onInformational(ResponseHead head) {
        inlet().onInformational(head);
    }

    @Override
    public void onHead(ResponseHead head, boolean bodyFollows) {
        inlet().onHead(head, bodyFollows);
    }

    @Override
    public void onData(ByteBuf bytes) {
        inlet().onData(bytes);
    }

    @Override
    public void onBurstEnd() {
        inlet().onBurstEnd();
    }

    @Override
    public void onEnd(Headers trailers) {
        responseEnded = true;
        doneIfBoth();
        inlet().onEnd(trailers);
    }

    @Override
    public void onReset(StreamReset reason) {
        done();
        inlet().onReset(reason);
    }

    @Override
    public void onTaken(int bytes) {
        inlet().onTaken(bytes);
    }
}
