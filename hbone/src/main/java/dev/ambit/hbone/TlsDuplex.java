package dev.ambit.hbone;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/// TLS inside another duplex: one stream of a tunnel, or a socket. On that duplex's loop.
///
/// A `close_notify` is an end; an end of the duplex under it without one is an end too, since
/// HTTP's own framing tells a truncated message (RFC 9112 section 8). No half-close: with its
/// peer's `close_notify` the engine ends its own direction too (RFC 8446 section 6.1 lets it), so
/// what is written after that goes nowhere, and counts as taken.
public final class TlsDuplex extends ChannelInboundHandlerAdapter implements Duplex {
    private final HboneLimits limits;
    private final StreamChannel channel;
    private final SslHandler handler;
    private @Nullable Consumer<Result> whenDone;
    private @Nullable Inlet inlet;

    /// What came with the end of the handshake.
    private @Nullable ArrayDeque<ByteBuf> early;

    private int unread;
    private int untaken;
    private boolean reading;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean gone;

    /// What a handshake came to.
    public sealed interface Result {
        /// @param duplex delivers nothing before `attach`
        /// @param alpn the protocol that was agreed on; empty for none
        record Ready(TlsDuplex duplex, SSLSession session, String alpn) implements Result {}

        /// @param detail the cause, in words for a log
        record Failed(String detail) implements Result {}
    }

    private TlsDuplex(
            StreamChannel channel,
            SslHandler handler,
            HboneLimits limits,
            Consumer<Result> whenDone) {
        this.channel = channel;
        this.handler = handler;
        this.limits = limits;
        this.whenDone = whenDone;
    }

    /// Begins a handshake over `under`, which is not attached yet and belongs to this from here on.
    /// Either side's: `handler` knows which.
    ///
    /// @param whenDone on the loop, once
    public static void over(
            Duplex under, SslHandler handler, HboneLimits limits, Consumer<Result> whenDone) {
        var channel = StreamChannel.over(under, limits);
        var duplex = new TlsDuplex(channel, handler, limits, whenDone);
        handler.setHandshakeTimeoutMillis(limits.tlsHandshake().toMillis());
        TlsTuning.apply(channel, handler, limits);
        channel.pipeline().addLast("tls", handler).addLast("duplex", duplex);
        channel.config().setAutoRead(true);
    }

    @Override
    public EventLoop loop() {
        return channel.eventLoop();
    }

    @Override
    public void attach(Inlet to) {
        inlet = to;
        var waiting = early;
        early = null;
        if (waiting != null) {
            waiting.forEach(to::onBytes);
            to.onBurstEnd();
        }
        if (gone) {
            to.onReset(new ResetReason(ResetReason.Kind.PEER, "connection closed"));
        } else if (inputEnded) {
            to.onEnd();
        } else {
            resume();
        }
    }

    @Override
    public void write(ByteBuf bytes) {
        if (gone || outputEnded) {
            bytes.release();
            return;
        }
        untaken += bytes.readableBytes();
        if (inputEnded) {
            bytes.release();
        } else {
            channel.write(bytes, channel.voidPromise());
        }
    }

    @Override
    public void flush() {
        if (!gone) {
            channel.flush();
            taken();
        }
    }

    @Override
    public void endOutput() {
        if (gone || outputEnded) {
            return;
        }
        outputEnded = true;
        channel.flush();
        taken();
        if (inputEnded) {
            gone = true;
            channel.close();
        } else {
            handler.closeOutbound();
        }
    }

    @Override
    public void reset(ResetReason reason) {
        if (!gone) {
            gone = true;
            if (early != null) {
                early.forEach(ByteBuf::release);
                early = null;
            }
            channel.abort(reason);
        }
    }

    @Override
    public void grant(int bytes) {
        unread -= bytes;
        if (!reading && unread <= limits.socketUnreadBytes() / 2) {
            resume();
        }
    }

    private void resume() {
        if (!reading && !inputEnded && !gone) {
            reading = true;
            channel.config().setAutoRead(true);
        }
    }

    private void pause() {
        reading = false;
        channel.config().setAutoRead(false);
    }

    /// As with a socket: what its queue holds below the high-water mark counts as taken.
    private void taken() {
        var to = inlet;
        if (untaken > 0 && to != null && channel.isWritable()) {
            int now = untaken;
            untaken = 0;
            to.onTaken(now);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslHandshakeCompletionEvent complete) {
            shaken(complete);
        } else if (event instanceof SslCloseCompletionEvent) {
            inputEnded();
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    private void shaken(SslHandshakeCompletionEvent complete) {
        var done = whenDone;
        if (done == null) {
            return;
        }
        whenDone = null;
        if (complete.isSuccess()) {
            // Nothing is delivered before somebody listens.
            pause();
            var alpn = handler.applicationProtocol();
            done.accept(
                    new Result.Ready(
                            this, handler.engine().getSession(), alpn == null ? "" : alpn));
        } else {
            fail(done, TlsTuning.cause(complete.cause()));
        }
    }

    private void fail(Consumer<Result> done, String detail) {
        gone = true;
        channel.abort(new ResetReason(ResetReason.Kind.LOCAL, detail));
        done.accept(new Result.Failed(detail));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        var bytes = (ByteBuf) message;
        var to = inlet;
        if (gone || !bytes.isReadable()) {
            bytes.release();
            return;
        }
        unread += bytes.readableBytes();
        if (to == null) {
            if (early == null) {
                early = new ArrayDeque<>(4);
            }
            early.add(bytes);
            return;
        }
        to.onBytes(bytes);
        if (reading && unread > limits.socketUnreadBytes()) {
            pause();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (inlet != null && !gone) {
            inlet.onBurstEnd();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        taken();
    }

    private void inputEnded() {
        if (inputEnded || gone) {
            return;
        }
        inputEnded = true;
        pause();
        if (outputEnded) {
            gone = true;
            channel.close();
        }
        if (inlet != null) {
            inlet.onEnd();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        var done = whenDone;
        if (done != null) {
            whenDone = null;
            fail(done, "connection closed during the TLS handshake");
        } else if (!gone) {
            inputEnded();
            lost(new ResetReason(ResetReason.Kind.PEER, "connection closed"));
        }
    }

    private void lost(ResetReason reason) {
        if (!gone) {
            gone = true;
            if (inlet != null) {
                inlet.onReset(reason);
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        var done = whenDone;
        if (done != null) {
            whenDone = null;
            fail(done, TlsTuning.cause(cause));
            return;
        }
        lost(new ResetReason(ResetReason.Kind.LOST, TlsTuning.cause(cause)));
        channel.abort(new ResetReason(ResetReason.Kind.LOCAL, TlsTuning.cause(cause)));
    }
}
