package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.model.TcpChain;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.PickContext;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import dev.ambit.waypoint.upstream.UpstreamHost;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/// Asks a proxy behind a cluster for a connection to somewhere else, and makes of it what
/// `Upstream.connect` would have given. On its loop.
final class TunnelAsk implements Upstream.RequestListener, StreamBytes.Answer, Upstream.Cancel {
    private final TcpChain.Tunnel tunnel;
    private final Upstream.ConnectListener listener;
    private final StreamBytes bytes;
    private Upstream.@Nullable Cancel waiting;
    private @Nullable UpstreamHost host;
    private Upstream.ConnectionFacts facts = new Upstream.ConnectionFacts("", 0);
    private boolean answered;

    private TunnelAsk(EventLoop loop, TcpChain.Tunnel tunnel, Upstream.ConnectListener listener) {
        this.tunnel = tunnel;
        this.listener = listener;
        this.bytes = new StreamBytes(loop, this);
    }

    static Upstream.Cancel begin(
            EventLoop loop,
            Upstream upstream,
            PickContext context,
            Permit permit,
            TcpChain.Tunnel tunnel,
            Upstream.ConnectListener listener) {
        var ask = new TunnelAsk(loop, tunnel, listener);
        var cancel = upstream.request(context, permit, ask);
        if (ask.host == null && !ask.answered) {
            ask.waiting = cancel;
        }
        return ask;
    }

    @Override
    public void onReady(
            UpstreamHost chosen, ClientConnection connection, Upstream.ConnectionFacts known) {
        waiting = null;
        host = chosen;
        facts = known;
        var head =
                new RequestHead(
                        connection.version() == HttpVersion.HTTP_2
                                ? HttpVersion.HTTP_2
                                : HttpVersion.HTTP_1_1,
                        tunnel.post() ? "POST" : "CONNECT",
                        "http",
                        tunnel.authority(),
                        tunnel.post() ? "/" : "",
                        new Headers(),
                        null);
        var stream = connection.send(head, true, bytes);
        bytes.on(stream);
        stream.flush();
    }

    @Override
    public void onFailed(UpstreamFailure failure) {
        waiting = null;
        answered = true;
        listener.onFailed(failure);
    }

    @Override
    public void opened(StreamBytes open) {
        answered = true;
        var to = host;
        if (to != null) {
            listener.onConnected(to, open, facts);
        }
    }

    @Override
    public void refused(int status) {
        fail("CONNECT " + tunnel.authority() + " was answered " + status);
    }

    @Override
    public void lost(StreamReset reason) {
        fail("CONNECT " + tunnel.authority() + ": " + reason.detail());
    }

    private void fail(String detail) {
        if (!answered) {
            answered = true;
            listener.onFailed(
                    new UpstreamFailure(UpstreamFailure.Kind.CONNECT_FAILED, host, detail));
        }
    }

    @Override
    public void cancel() {
        answered = true;
        var asked = waiting;
        if (asked != null) {
            waiting = null;
            asked.cancel();
        }
        bytes.drop("nobody waits for it");
    }
}
