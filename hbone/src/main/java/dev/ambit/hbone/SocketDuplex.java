package dev.ambit.hbone;

import dev.ambit.hbone.frames.Http2;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.UncheckedBooleanSupplier;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A TCP socket as a `Duplex`. The only handler of its channel, on the channel's loop.
///
/// Reads into buffers that leave nine bytes free in front: a stream writes its frame header there,
/// so the payload is never copied or joined.
public final class SocketDuplex extends ChannelInboundHandlerAdapter implements Duplex {
    private final HboneLimits limits;
    private final Channel channel;
    private @Nullable Inlet inlet;

    /// What came before `attach`: a FIN makes Netty read up to it, even a socket that is paused.
    private @Nullable ArrayDeque<ByteBuf> early;

    private @Nullable ResetReason failedEarly;
    private int unread;
    private int untaken;
    private boolean reading;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean gone;

    private SocketDuplex(Channel channel, HboneLimits limits) {
        this.channel = channel;
        this.limits = limits;
    }

    /// Options that a socket must have before it is registered: nothing is read until `attach`.
    public static void prepare(Channel channel, HboneLimits limits) {
        var config = channel.config();
        config.setOption(ChannelOption.AUTO_READ, false);
        config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        config.setOption(ChannelOption.TCP_NODELAY, true);
        config.setRecvByteBufAllocator(new HeadRoom(limits));
        config.setWriteBufferWaterMark(
                new WriteBufferWaterMark(
                        limits.writeHighWaterBytes() / 2, limits.writeHighWaterBytes()));
    }

    /// Takes a connected channel over, at once when it is connected or accepted: what arrives from
    /// then on is kept for `attach`. On its loop.
    public static SocketDuplex of(Channel channel, HboneLimits limits) {
        var duplex = new SocketDuplex(channel, limits);
        channel.pipeline().addLast("duplex", duplex);
        return duplex;
    }

    public Channel channel() {
        return channel;
    }

    @Override
    public EventLoop loop() {
        return channel.eventLoop();
    }

    @Override
    public void attach(Inlet to) {
        inlet = to;
        var failed = failedEarly;
        if (failed != null) {
            to.onReset(failed);
            return;
        }
        var waiting = early;
        early = null;
        if (waiting != null) {
            waiting.forEach(to::onBytes);
            to.onBurstEnd();
        }
        if (inputEnded) {
            to.onEnd();
        } else {
            resume();
        }
    }

    private void releaseEarly() {
        if (early != null) {
            early.forEach(ByteBuf::release);
            early = null;
        }
    }

    @Override
    public void write(ByteBuf bytes) {
        if (gone || outputEnded) {
            bytes.release();
            return;
        }
        untaken += bytes.readableBytes();
        channel.write(bytes, channel.voidPromise());
    }

    /// Sends bytes of our own, before the first that the other side has written: they are nobody's
    /// credit. A few hundred bytes at most; ownership passes.
    public void prelude(ByteBuf bytes) {
        if (gone || outputEnded) {
            bytes.release();
            return;
        }
        channel.writeAndFlush(bytes, channel.voidPromise());
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
        // Behind what is still queued: the kernel sends FIN after it.
        channel.writeAndFlush(channel.alloc().buffer(0))
                .addListener(written -> {
                    if (!gone) {
                        sendFin();
                        closeIfDone();
                    }
                });
    }

    /// Netty's own way makes an exception for the queue that is empty here anyway: a stack trace
    /// for each connection.
    private void sendFin() {
        if (channel instanceof UnixChannel unix && unix.fd() instanceof Socket socket) {
            try {
                socket.shutdown(false, true);
            } catch (IOException | NotYetConnectedException gonePeer) {
                // The reader learns of it.
            }
        } else {
            ((DuplexChannel) channel).shutdownOutput();
        }
    }

    @Override
    public void reset(ResetReason reason) {
        if (gone) {
            return;
        }
        gone = true;
        releaseEarly();
        if (!channel.isOpen()) {
            return; // Its handlers are told later than its sockets are closed.
        }
        // RST instead of FIN, and instead of whatever is queued.
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.close();
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

    /// The socket's queue is bounded by its high-water mark, so what is in it counts as taken; what
    /// is beyond waits until the kernel has made room.
    private void taken() {
        var to = inlet;
        if (untaken > 0 && to != null && channel.isWritable()) {
            int now = untaken;
            untaken = 0;
            to.onTaken(now);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        var bytes = (ByteBuf) message;
        if (gone) {
            bytes.release();
            return;
        }
        unread += bytes.readableBytes();
        var to = inlet;
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
        if (inlet != null) {
            inlet.onBurstEnd();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        taken();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            inputEnded();
        } else if (!(event instanceof ChannelInputShutdownReadComplete)) {
            ctx.fireUserEventTriggered(event);
        }
    }

    private void inputEnded() {
        if (inputEnded) {
            return;
        }
        inputEnded = true;
        pause();
        if (inlet != null) {
            inlet.onEnd();
        }
        closeIfDone();
    }

    private void closeIfDone() {
        if (inputEnded && !gone && ((DuplexChannel) channel).isOutputShutdown()) {
            gone = true;
            taken();
            channel.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        fail(new ResetReason(ResetReason.Kind.PEER, "connection closed"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(new ResetReason(ResetReason.Kind.PEER, String.valueOf(cause.getMessage())));
        ctx.close();
    }

    private void fail(ResetReason reason) {
        if (gone) {
            return;
        }
        gone = true;
        if (inlet != null) {
            inlet.onReset(reason);
        } else {
            failedEarly = reason;
            releaseEarly();
        }
    }

    /// Nine bytes in front of what is read; grows while reads fill it, shrinks when they don't;
    /// allocated when there is something to read, so an idle socket holds none.
    private static final class HeadRoom implements RecvByteBufAllocator {
        private final RecvByteBufAllocator adaptive;

        HeadRoom(HboneLimits limits) {
            adaptive =
                    new AdaptiveRecvByteBufAllocator(
                            limits.readBufferLeastBytes(),
                            limits.readBufferLeastBytes(),
                            limits.readBufferMostBytes());
        }

        @Override
        public Handle newHandle() {
            return new WithHeadRoom((ExtendedHandle) adaptive.newHandle());
        }
    }

    private static final class WithHeadRoom extends RecvByteBufAllocator.DelegatingHandle
            implements RecvByteBufAllocator.ExtendedHandle {
        private final RecvByteBufAllocator.ExtendedHandle adaptive;

        WithHeadRoom(RecvByteBufAllocator.ExtendedHandle adaptive) {
            super(adaptive);
            this.adaptive = adaptive;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            int size = Http2.FRAME_HEADER + adaptive.guess();
            var buffer = allocator.directBuffer(size, size);
            return buffer.setIndex(Http2.FRAME_HEADER, Http2.FRAME_HEADER);
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
            return adaptive.continueReading(maybeMore);
        }
    }
}
