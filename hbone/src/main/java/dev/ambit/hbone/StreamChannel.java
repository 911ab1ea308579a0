package dev.ambit.hbone;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A duplex as a channel, mostly one stream of a tunnel, so that TLS and HTTP/2 run over it as over
/// a socket. On the duplex's loop, which is the channel's.
///
/// Both directions keep the stream's account: bytes are granted when the pipeline has taken them,
/// and no more are put into the stream than a socket's queue would hold.
final class StreamChannel extends AbstractChannel implements Duplex.Inlet {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false);

    private final DefaultChannelConfig config = new DefaultChannelConfig(this);
    private final Duplex outer;
    private final HboneLimits limits;
    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>(4);
    private @Nullable Future<?> lingering;
    private @Nullable ResetReason lost;
    private boolean open = true;
    private boolean readPending;
    private boolean delivered;
    private boolean ended;
    private int untaken;

    private StreamChannel(Duplex outer, HboneLimits limits) {
        super(null);
        this.outer = outer;
        this.limits = limits;
        config.setAutoRead(false);
    }

    /// Takes the stream over, on its loop. Registered and active; reads nothing until its pipeline
    /// asks.
    static StreamChannel over(Duplex outer, HboneLimits limits) {
        var channel = new StreamChannel(outer, limits);
        Future<?> registered = outer.loop().register(channel);
        if (!registered.isSuccess()) {
            throw new IllegalStateException("stream channel: not on its stream's loop");
        }
        outer.attach(channel);
        return channel;
    }

    // ---- in

    @Override
    public void onBytes(ByteBuf bytes) {
        if (!open) {
            outer.grant(bytes.readableBytes());
            bytes.release();
        } else if (readPending && waiting.isEmpty()) {
            pass(bytes);
        } else {
            waiting.add(bytes);
        }
    }

    @Override
    public void onBurstEnd() {
        if (delivered) {
            delivered = false;
            readPending = false;
            pipeline().fireChannelReadComplete();
        }
    }

    @Override
    public void onEnd() {
        ended = true;
        endIfDue();
    }

    @Override
    public void onReset(ResetReason reason) {
        lost = reason;
        release();
        endIfDue();
    }

    private void pass(ByteBuf bytes) {
        int length = bytes.readableBytes();
        delivered = true;
        pipeline().fireChannelRead(bytes);
        outer.grant(length);
    }

    /// What came before is delivered by a task of its own, as a socket's would be: whoever asks to
    /// read may not have its whole pipeline yet.
    @Override
    protected void doBeginRead() {
        readPending = true;
        if (!waiting.isEmpty() || ended || lost != null) {
            outer.loop().execute(this::deliverWaiting);
        }
    }

    private void deliverWaiting() {
        while (readPending && !waiting.isEmpty()) {
            pass(waiting.remove());
        }
        onBurstEnd();
        endIfDue();
    }

    /// The end is read like bytes: after them, and when somebody reads.
    private void endIfDue() {
        var why = lost;
        if (!open) {
            stopLingeringIfDone();
        } else if (readPending && why != null) {
            pipeline().fireExceptionCaught(new OuterLost(why));
            unsafe().close(voidPromise());
        } else if (readPending && ended && waiting.isEmpty()) {
            unsafe().close(voidPromise());
        }
    }

    // ---- out

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf) {
            return message;
        }
        throw new UnsupportedOperationException(
                "stream channel: " + message.getClass() + " (expected: bytes)");
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer queue) {
        while (moveTo(queue)) {
            // What is sent at once makes room at once.
            outer.flush();
        }
    }

    private boolean moveTo(ChannelOutboundBuffer queue) {
        boolean moved = false;
        while (untaken < limits.writeHighWaterBytes()
                && queue.current() instanceof ByteBuf message) {
            var bytes = message.retain();
            untaken += bytes.readableBytes();
            queue.remove();
            outer.write(bytes);
            moved = true;
        }
        return moved;
    }

    @Override
    public void onTaken(int bytes) {
        untaken -= bytes;
        if (open) {
            ((StreamUnsafe) unsafe()).resume();
        } else {
            stopLingeringIfDone();
        }
    }

    // ---- life and death

    @Override
    protected void doClose() {
        if (!open) {
            return;
        }
        open = false;
        release();
        if (lost != null) {
            return;
        }
        lingering =
                outer.loop()
                        .schedule(
                                () ->
                                        outer.reset(
                                                new ResetReason(
                                                        ResetReason.Kind.LOCAL,
                                                        "nested tunnel has ended")),
                                limits.outerLinger().toNanos(),
                                TimeUnit.NANOSECONDS);
        outer.endOutput();
        stopLingeringIfDone();
    }

    private void stopLingeringIfDone() {
        if (lingering != null && (lost != null || (ended && untaken == 0))) {
            lingering.cancel(false);
            lingering = null;
        }
    }

    private void release() {
        for (var bytes : waiting) {
            outer.grant(bytes.readableBytes());
            ReferenceCountUtil.release(bytes);
        }
        waiting.clear();
    }

    /// Resets the duplex under it; nobody is told. On the loop.
    void abort(ResetReason reason) {
        if (open && lost == null) {
            lost = reason;
            outer.reset(reason);
        }
        unsafe().close(voidPromise());
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doBind(SocketAddress address) {
        throw new UnsupportedOperationException("stream channel: bind to " + address);
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop == outer.loop();
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    protected SocketAddress localAddress0() {
        return new Under(outer);
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return new Under(outer);
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new StreamUnsafe();
    }

    private final class StreamUnsafe extends AbstractUnsafe {
        @Override
        public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
            promise.setFailure(
                    new UnsupportedOperationException("stream channel: connect to " + remote));
        }

        void resume() {
            flush0();
        }
    }

    /// For logs: it has no address of its own.
    private static final class Under extends SocketAddress {
        private static final long serialVersionUID = 1;
        private final String text;

        Under(Duplex outer) {
            this.text =
                    switch (outer) {
                        case HboneStream stream -> "stream " + stream.id();
                        case SocketDuplex socket -> "socket " + socket.channel().id();
                        default -> "duplex";
                    };
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /// The tunnel under this one, or its stream, was reset.
    private static final class OuterLost extends IOException {
        private static final long serialVersionUID = 1;

        OuterLost(ResetReason reason) {
            super("outer tunnel: " + reason.detail());
        }

        @Override
        public String toString() {
            return String.valueOf(getMessage());
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }
}
