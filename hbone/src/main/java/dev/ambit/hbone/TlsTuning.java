package dev.ambit.hbone;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import java.nio.channels.ClosedChannelException;

/// What both roles set on a tunnel's socket and TLS handler.
final class TlsTuning {
    /// One TLS record's worth: larger writes would be joined with their neighbours by copying.
    private static final int WRAP_BYTES = 16 << 10;

    private TlsTuning() {}

    static void apply(Channel channel, SslHandler handler, HboneLimits limits) {
        handler.setWrapDataSize(WRAP_BYTES);
        channel.config().setOption(ChannelOption.TCP_NODELAY, true);
        channel.config()
                .setWriteBufferWaterMark(
                        new WriteBufferWaterMark(
                                limits.writeHighWaterBytes() / 2, limits.writeHighWaterBytes()));
    }

    /// A tunnel has no half that could go on alone: what the peer has closed is closed, and its
    /// streams are told. Sockets for plain connections are prepared otherwise.
    static void endWithThePeer(Channel channel) {
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
    }

    /// The first cause with something to say.
    static String cause(Throwable thrown) {
        var cause = thrown;
        while ((cause instanceof DecoderException || cause.getMessage() == null)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        while (cause.getCause() != null && cause.getCause().getMessage() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof ClosedChannelException) {
            return "connection closed during the TLS handshake";
        }
        var message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
