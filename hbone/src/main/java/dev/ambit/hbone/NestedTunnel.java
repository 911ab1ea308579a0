package dev.ambit.hbone;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;

/// A tunnel in a tunnel, for a peer behind another network's gateway ("double HBONE"): the gateway
/// gets the outer stream and sees only TLS in it; the peer behind it proves its own identity in a
/// handshake of its own.
///
/// It carries one CONNECT and is never shared, so that the gateway's balancing sees each connection
/// of an application. It ends with its stream, and the outer stream with it.
public final class NestedTunnel {
    private NestedTunnel() {}

    /// TLS, check of the peer, HTTP/2 and one CONNECT over `outer`, each within its own deadline.
    ///
    /// @param outer open, not attached yet; belongs to the nested tunnel from here on
    /// @param tls with the client's own certificate, and whom it takes for the peer
    /// @param inner to the same authority as the outer one, see `ConnectRequest.throughGateway`
    /// @param whenDone on the outer stream's loop, once
    public static <P> void open(
            HboneStream outer,
            TunnelTls<P> tls,
            ConnectRequest inner,
            HboneLimits limits,
            Consumer<Opened<P>> whenDone) {
        var channel = StreamChannel.over(outer, limits);
        TunnelDialer<HboneStream, P> dialer =
                (_, _, dialled) ->
                        dialled.accept(
                                new TunnelDialer.Dialled.Connected<>(
                                        channel, new Patient<>(tls, limits)));
        new TunnelHandshake<>(
                        outer.loop(), limits, dialer, outer, Unpooled::new, TunnelTimings.NONE)
                .start(result -> {
                    switch (result) {
                        case TunnelHandshake.Result.Failed<P>(var fault) ->
                                whenDone.accept(new Opened.Failed<>(fault));
                        case TunnelHandshake.Result.Ready<P>(var connection, var peer) -> {
                            connection.connect(inner, new Answer<>(peer, whenDone));
                            // This stream was its last.
                            connection.drain();
                        }
                    }
                });
    }

    private record Answer<P>(P peer, Consumer<Opened<P>> whenDone)
            implements TunnelStream.ReplyListener {
        @Override
        public void onReply(TunnelStream stream, ConnectReply reply) {
            whenDone.accept(
                    reply.accepted()
                            ? new Opened.Stream<>(stream, reply, peer)
                            : new Opened.Refused<>(reply, peer));
        }

        @Override
        public void onLost(ResetReason reason, boolean unprocessed) {
            whenDone.accept(
                    new Opened.Failed<>(new HboneFault(HboneFault.Stage.CONNECT, reason.detail())));
        }
    }

    /// What is left to send when the tunnel ends may have to wait for the gateway's window.
    private record Patient<P>(TunnelTls<P> tls, HboneLimits limits) implements TunnelTls<P> {
        @Override
        public SslHandler newHandler(Channel channel) {
            var handler = tls.newHandler(channel);
            handler.setCloseNotifyFlushTimeoutMillis(limits.outerLinger().toMillis());
            return handler;
        }

        @Override
        public PeerCheck<P> check(SSLSession session, Channel channel) {
            return tls.check(session, channel);
        }
    }

    /// No pool waits for room in it.
    private static final class Unpooled implements ClientConnection.Listener {
        @Override
        public void onCapacity(ClientConnection connection) {}

        @Override
        public void onClosed(ClientConnection connection, ResetReason reason) {}
    }
}
