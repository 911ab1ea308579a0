package dev.ambit.hbone;

import dev.ambit.hbone.frames.Http2;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One accepted connection that is to become a tunnel: TLS, check of the peer, HTTP/2; then each
/// CONNECT goes to its user.
///
/// @param <P> the proof of the peer's identity
public final class HboneServer<P> {
    private final HboneLimits limits;
    private final Channel channel;
    private final Events<P> events;
    private @Nullable ServerConnection<P> connection;
    private boolean draining;

    /// Closed by this side during the handshake, which is nobody's fault.
    private boolean abandoned;

    /// What a server's user is told. On the connection's loop.
    public interface Events<P> {
        void onConnect(IncomingConnect<P> connect);

        /// It never became a tunnel, or broke while it was one.
        void onFault(HboneFault fault);

        /// Last, after everything else.
        void onClosed();
    }

    private HboneServer(Channel channel, HboneLimits limits, Events<P> events) {
        this.channel = channel;
        this.limits = limits;
        this.events = events;
    }

    /// Takes an accepted channel over: nothing in its pipeline, not reading yet. On its loop.
    public static <P> HboneServer<P> accept(
            Channel channel, TunnelTls<P> tls, HboneLimits limits, Events<P> events) {
        var server = new HboneServer<P>(channel, limits, events);
        var handler = tls.newHandler(channel);
        handler.setHandshakeTimeoutMillis(limits.tlsHandshake().toMillis());
        TlsTuning.apply(channel, handler, limits);
        TlsTuning.endWithThePeer(channel);
        channel.pipeline()
                .addLast("tls", handler)
                .addLast(server.new Waiting(tls, handler))
                .addLast(server.new Last());
        channel.config().setAutoRead(true);
        return server;
    }

    /// Graceful: GOAWAY, streams in flight go on, closes when they have ended. A peer that has not
    /// ended its handshake yet gets its first stream before. On the loop.
    public void drain() {
        draining = true;
        if (connection != null) {
            connection.drain();
        }
    }

    /// At once, streams and all. On the loop.
    public void cut(ResetReason reason) {
        if (connection != null) {
            connection.closeWith(reason);
        } else {
            abandoned = true;
            channel.close();
        }
    }

    private final class Waiting extends ChannelInboundHandlerAdapter {
        private final TunnelTls<P> tls;
        private final SslHandler handler;
        private boolean done;

        Waiting(TunnelTls<P> tls, SslHandler handler) {
            this.tls = tls;
            this.handler = handler;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!(event instanceof SslHandshakeCompletionEvent complete)) {
                ctx.fireUserEventTriggered(event);
                return;
            }
            if (!complete.isSuccess()) {
                fail(ctx, HboneFault.Stage.TLS, TlsTuning.cause(complete.cause()));
                return;
            }
            switch (tls.check(handler.engine().getSession(), ctx.channel())) {
                case TunnelTls.PeerCheck.Rejected<P>(var detail) ->
                        fail(ctx, HboneFault.Stage.IDENTITY, detail);
                case TunnelTls.PeerCheck.Proven<P>(var peer) -> begin(ctx, peer);
            }
        }

        private void begin(ChannelHandlerContext ctx, P peer) {
            done = true;
            Consumer<IncomingConnect<P>> connects = events::onConnect;
            Consumer<ResetReason> whenClosed = HboneServer.this::closed;
            var tunnel = new ServerConnection<>(limits, peer, connects, whenClosed);
            connection = tunnel;
            // Bytes that came with the end of the handshake follow this event, to the new handler.
            ctx.pipeline().replace(this, "tunnel", tunnel);
            tunnel.start(false);
            if (draining) {
                tunnel.drainAfterFirst();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            fail(ctx, HboneFault.Stage.TLS, "connection closed before the TLS handshake ended");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            fail(ctx, HboneFault.Stage.TLS, TlsTuning.cause(cause));
        }

        private void fail(ChannelHandlerContext ctx, HboneFault.Stage stage, String detail) {
            if (!done) {
                done = true;
                if (!abandoned) {
                    boolean tls = stage == HboneFault.Stage.TLS;
                    var text = tls ? "tls handshake error: " + detail : detail;
                    events.onFault(new HboneFault(stage, text));
                }
                ctx.close();
            }
        }
    }

    /// The channel's close future is too early for `onClosed`: the handlers, and through them the
    /// streams, are told of the end only after it. A closed channel's pipeline is emptied last.
    private final class Last extends ChannelInboundHandlerAdapter {
        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            events.onClosed();
        }
    }

    private void closed(ResetReason reason) {
        if (reason.detail().startsWith(Http2.ERROR)) {
            events.onFault(new HboneFault(HboneFault.Stage.HTTP2, reason.detail()));
        }
    }
}
