package dev.ambit.hbone;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// From a key to a tunnel: dial, TLS, check of the peer, HTTP/2. Each step within its deadline.
final class TunnelHandshake<K, P> {
    private final EventLoop loop;
    private final HboneLimits limits;
    private final TunnelDialer<K, P> dialer;
    private final K key;
    private final Supplier<ClientConnection.Listener> listener;
    private final TunnelTimings timings;

    sealed interface Result<P> {
        record Ready<P>(ClientConnection connection, P peer) implements Result<P> {}

        record Failed<P>(HboneFault fault) implements Result<P> {}
    }

    TunnelHandshake(
            EventLoop loop,
            HboneLimits limits,
            TunnelDialer<K, P> dialer,
            K key,
            Supplier<ClientConnection.Listener> listener,
            TunnelTimings timings) {
        this.loop = loop;
        this.limits = limits;
        this.dialer = dialer;
        this.key = key;
        this.listener = listener;
        this.timings = timings;
    }

    void start(Consumer<Result<P>> whenDone) {
        dialer.dial(
                key,
                loop,
                dialled -> {
                    switch (dialled) {
                        case TunnelDialer.Dialled.Failed<P>(var fault) ->
                                whenDone.accept(new Result.Failed<>(fault));
                        case TunnelDialer.Dialled.Connected<P>(var channel, var tls) ->
                                handshake(channel, tls, whenDone);
                    }
                });
    }

    private void handshake(Channel channel, TunnelTls<P> tls, Consumer<Result<P>> whenDone) {
        var handler = tls.newHandler(channel);
        handler.setHandshakeTimeoutMillis(limits.tlsHandshake().toMillis());
        TlsTuning.apply(channel, handler, limits);
        TlsTuning.endWithThePeer(channel);
        // The TLS handler last: it begins as soon as it is there, and what becomes of it must find
        // somebody who listens.
        channel.pipeline()
                .addLast("waiting", new Waiting(tls, handler, whenDone))
                .addBefore("waiting", "tls", handler);
        channel.config().setAutoRead(true);
    }

    /// Stands where the tunnel's connection will be, until the handshake is over.
    private final class Waiting extends ChannelInboundHandlerAdapter {
        private final TunnelTls<P> tls;
        private final SslHandler handler;
        private final Consumer<Result<P>> whenDone;
        private final long startedAt = loop.ticker().nanoTime();
        private boolean done;

        Waiting(TunnelTls<P> tls, SslHandler handler, Consumer<Result<P>> whenDone) {
            this.tls = tls;
            this.handler = handler;
            this.whenDone = whenDone;
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
                case TunnelTls.PeerCheck.Proven<P>(var peer) -> {
                    done = true;
                    timings.handshake(loop.ticker().nanoTime() - startedAt);
                    var connection = new ClientConnection(limits, listener.get());
                    ctx.pipeline().replace(this, "tunnel", connection);
                    connection.start(true);
                    whenDone.accept(new Result.Ready<>(connection, peer));
                }
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            fail(ctx, HboneFault.Stage.TLS, "connection closed during the TLS handshake");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            fail(ctx, HboneFault.Stage.TLS, TlsTuning.cause(cause));
        }

        private void fail(ChannelHandlerContext ctx, HboneFault.Stage stage, String detail) {
            if (!done) {
                done = true;
                ctx.close();
                whenDone.accept(
                        new Result.Failed<>(
                                new HboneFault(
                                        stage,
                                        stage == HboneFault.Stage.TLS
                                                ? "tls handshake error: " + detail
                                                : detail)));
            }
        }
    }
}
