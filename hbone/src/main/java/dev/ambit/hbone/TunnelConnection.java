package dev.ambit.hbone;

import static dev.ambit.hbone.frames.Http2.FRAME_HEADER;

import dev.ambit.hbone.frames.ClientPreface;
import dev.ambit.hbone.frames.FrameReader;
import dev.ambit.hbone.frames.Http2;
import dev.ambit.hbone.frames.KeepAlive;
import dev.ambit.hbone.frames.PeerSettings;
import dev.ambit.hbone.frames.ReceiveWindow;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One HTTP/2 connection that carries CONNECT streams: frames in and out, flow control, PING,
/// GOAWAY. The last handler of its channel; everything happens on the channel's loop.
///
/// Sending is a round of streams: each in turn sends one frame while its window, the connection's
/// window and the socket's queue have room. So a busy stream can't hold back the others.
abstract class TunnelConnection extends ChannelInboundHandlerAdapter
        implements FrameReader.Sink, HeaderBlocks.Sink, KeepAlive.Connection {
    /// "ambit", so that a capture shows whose PING it is.
    private static final long PING = 0x616d626974L;

    private final HboneLimits limits;
    private final HeaderWriter headerWriter = new HeaderWriter();
    private final HeaderBlocks blocks;
    private final Consumer<ByteBuf> out = this::write;
    final PeerSettings peer = new PeerSettings();
    private final KeepAlive keepAlive;
    private final ReceiveWindow received;
    final FloodGuard floodGuard;
    private final IntObjectHashMap<TunnelStream> streams = new IntObjectHashMap<>();
    private final ArrayDeque<TunnelStream> sending = new ArrayDeque<>();
    private final ArrayList<TunnelStream> delivered = new ArrayList<>();

    private @Nullable ChannelHandlerContext context;
    private @Nullable FrameReader reader;
    private int sendWindow = Http2.DEFAULT_WINDOW;
    private boolean dirty;
    private boolean inRead;
    private boolean sendingNow;
    private boolean dead;
    private @Nullable ClientPreface preface;

    TunnelConnection(HboneLimits limits) {
        this.limits = limits;
        this.blocks = new HeaderBlocks(limits.maxHeaderListBytes(), this);
        this.received =
                new ReceiveWindow(limits.connectionWindowBytes(), limits.connectionUnreadBytes());
        this.floodGuard = new FloodGuard(limits.controlFramesPerSecond());
        this.keepAlive =
                new KeepAlive(this, limits.settings(), limits.pingInterval(), limits.pingTimeout());
    }

    // ---- for the two roles

    abstract void onGoAway(int lastStream, int code);

    abstract void onStreamClosed(TunnelStream stream);

    abstract void onSettings();

    /// The connection is gone; every stream has been told.
    abstract void onDead(ResetReason reason);

    abstract int[] ownSettings();

    /// Of an unknown stream: was it never opened (an error), or is it closed already?
    abstract boolean wasOpened(int stream);

    final HboneLimits limits() {
        return limits;
    }

    @Override
    public final EventLoop loop() {
        return ctx().channel().eventLoop();
    }

    @Override
    public final boolean isDead() {
        return dead;
    }

    @Override
    public final boolean settingsReceived() {
        return peer.received();
    }

    final int peerMaxStreams() {
        return peer.maxStreams();
    }

    final int streamCount() {
        return streams.size();
    }

    final ChannelHandlerContext ctx() {
        var ctx = context;
        if (ctx == null) {
            throw new IllegalStateException("tunnel connection: not in a pipeline");
        }
        return ctx;
    }

    final TunnelStream open(int id) {
        var stream = new TunnelStream(this, id, peer.streamWindow(), limits.streamWindowBytes());
        streams.put(id, stream);
        return stream;
    }

    final @Nullable TunnelStream stream(int id) {
        return streams.get(id);
    }

    final void forget(TunnelStream stream) {
        streams.remove(stream.id());
    }

    /// Takes the connection over once its TLS handshake is complete.
    final void start(boolean client) {
        var ctx = ctx();
        var allocator = ctx.alloc();
        reader =
                new FrameReader(
                        allocator,
                        limits.maxFrameBytes(),
                        Math.max(Http2.DEFAULT_MAX_FRAME, limits.maxHeaderListBytes()),
                        this);
        if (client) {
            ctx.write(Http2.preface());
        } else {
            preface = new ClientPreface();
        }
        ctx.write(Http2.settings(allocator, ownSettings()));
        int more = received.open();
        if (more > 0) {
            ctx.write(Http2.windowUpdate(allocator, 0, more));
        }
        ctx.flush();
        keepAlive.start();
    }

    // ---- in

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        var input = (ByteBuf) message;
        try {
            var to = reader;
            if (to == null || dead) {
                return;
            }
            inRead = true;
            keepAlive.heard();
            FloodGuard.checkPeerReads(ctx.channel(), limits);
            if (preface != null) {
                preface.read(input);
            }
            to.read(input);
        } catch (Http2.ConnectionError error) {
            fail(error.code(), error.detail());
        } finally {
            input.release();
            inRead = false;
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        for (int i = 0; i < delivered.size(); i++) {
            delivered.get(i).burstEnd();
        }
        delivered.clear();
        send();
        if (dirty) {
            dirty = false;
            ctx.flush();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            send();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        die(new ResetReason(ResetReason.Kind.LOST, "tunnel closed by the peer"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        die(new ResetReason(ResetReason.Kind.LOST, "tunnel failed: " + cause));
        ctx.close();
    }

    @Override
    public final void onDataFrame(int id, int length) throws Http2.ConnectionError {
        checkOrder(Http2.DATA);
        received.arrived(length);
        if (length == 0) {
            countControl();
        }
        var stream = streams.get(id);
        received.held(length);
        if (stream == null) {
            checkOpened(id, "DATA");
            return;
        }
        if (!stream.consumeWindow(length)) {
            throw new Http2.ConnectionError(
                    Http2.FLOW_CONTROL_ERROR, "DATA beyond the window of stream " + id);
        }
    }

    @Override
    public final void onDataBytes(int id, ByteBuf bytes) {
        int length = bytes.readableBytes();
        var stream = streams.get(id);
        if (stream == null || !stream.deliver(bytes)) {
            bytes.release();
            read(length); // Discarded, so its credit returns at once.
            return;
        }
        if (delivered.isEmpty() || delivered.getLast() != stream) {
            delivered.add(stream);
        }
        topUp();
    }

    @Override
    public final void onDataFrameEnd(int id, int padding, boolean endStream) {
        var stream = streams.get(id);
        if (stream == null) {
            read(padding);
            return;
        }
        if (padding > 0) {
            stream.returnPadding(padding);
        }
        if (endStream) {
            // What it delivered is flushed before the end is passed on.
            stream.burstEnd();
            stream.onEndStream();
        }
    }

    @Override
    public final void onFrame(int type, int flags, int id, ByteBuf payload)
            throws Http2.ConnectionError {
        checkOrder(type);
        switch (type) {
            case Http2.HEADERS -> blocks.headers(flags, id, payload, ctx().alloc());
            case Http2.CONTINUATION -> {
                countControl();
                blocks.continuation(flags, id, payload);
            }
            case Http2.SETTINGS -> settings(flags, id, payload);
            case Http2.WINDOW_UPDATE -> windowUpdate(id, payload);
            case Http2.RST_STREAM -> rstStream(id, payload);
            case Http2.PING -> ping(flags, id, payload);
            case Http2.GOAWAY -> goAway(id, payload);
            case Http2.PUSH_PROMISE ->
                    throw new Http2.ConnectionError(
                            Http2.PROTOCOL_ERROR, "PUSH_PROMISE (expected: never)");
            default -> countControl(); // PRIORITY, and types that are not known: ignored.
        }
    }

    private void checkOrder(int type) throws Http2.ConnectionError {
        if (blocks.isOpen() && type != Http2.CONTINUATION) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, "frame of type " + type + " within a header block");
        }
        if (!peer.received() && type != Http2.SETTINGS) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR,
                    "first frame of type " + type + " (expected: SETTINGS; not HTTP/2?)");
        }
    }

    @Override
    public final void refuseMalformed(int id, String detail) throws Http2.ConnectionError {
        countControl();
        writeReset(id, Http2.PROTOCOL_ERROR);
        var stream = streams.get(id);
        if (stream != null) {
            stream.onConnectionLost(
                    new ResetReason(ResetReason.Kind.LOST, "malformed header block: " + detail),
                    false);
        }
    }

    private void settings(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        countControl();
        int window = peer.streamWindow();
        if (!peer.read(flags, id, payload)) {
            return;
        }
        widen(peer.streamWindow() - window);
        writeControl(Http2.settingsAck(ctx().alloc()));
        boolean first = !peer.received();
        peer.markReceived();
        if (first) {
            onSettings();
        }
        send();
    }

    /// A new initial window moves the windows of streams that are open (section 6.9.2).
    private void widen(int change) throws Http2.ConnectionError {
        for (var stream : streams.values()) {
            if ((long) stream.sendWindow + change > Http2.MAX_WINDOW) {
                throw new Http2.ConnectionError(
                        Http2.FLOW_CONTROL_ERROR,
                        "SETTINGS_INITIAL_WINDOW_SIZE: "
                                + peer.streamWindow()
                                + " overflows the window of stream "
                                + stream.id());
            }
            stream.sendWindow += change;
            wantsToSend(stream);
        }
    }

    private void windowUpdate(int id, ByteBuf payload) throws Http2.ConnectionError {
        if (payload.readableBytes() != 4) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "WINDOW_UPDATE: not 4 bytes");
        }
        int increment = payload.readInt() & 0x7fff_ffff;
        if (id == 0) {
            if (increment == 0 || (long) sendWindow + increment > Http2.MAX_WINDOW) {
                throw new Http2.ConnectionError(
                        Http2.FLOW_CONTROL_ERROR, "WINDOW_UPDATE: " + increment);
            }
            sendWindow += increment;
            return; // Sent from in channelReadComplete.
        }
        var stream = streams.get(id);
        if (stream == null) {
            checkOpened(id, "WINDOW_UPDATE");
            return;
        }
        if (increment == 0 || (long) stream.sendWindow + increment > Http2.MAX_WINDOW) {
            stream.onConnectionLost(
                    new ResetReason(ResetReason.Kind.LOST, "WINDOW_UPDATE: " + increment), false);
            writeReset(id, Http2.FLOW_CONTROL_ERROR);
            return;
        }
        stream.sendWindow += increment;
        wantsToSend(stream);
    }

    private void rstStream(int id, ByteBuf payload) throws Http2.ConnectionError {
        countControl();
        if (payload.readableBytes() != 4) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "RST_STREAM: not 4 bytes");
        }
        var stream = streams.get(id);
        if (stream != null) {
            stream.onRstStream(payload.readInt());
        } else {
            checkOpened(id, "RST_STREAM");
        }
    }

    private void checkOpened(int id, String frame) throws Http2.ConnectionError {
        if (id == 0 || !wasOpened(id)) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, frame + " on stream " + id + ", which is not open");
        }
    }

    private void ping(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        if (id != 0 || payload.readableBytes() != 8) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "PING: not 8 bytes");
        }
        if ((flags & Http2.ACK) != 0) {
            keepAlive.pingAnswered();
            onPingAck(payload.readLong());
            return;
        }
        countControl();
        writeControl(Http2.ping(ctx().alloc(), Http2.ACK, payload.readLong()));
    }

    void onPingAck(long payload) {}

    private void goAway(int id, ByteBuf payload) throws Http2.ConnectionError {
        countControl();
        if (id != 0 || payload.readableBytes() < 8) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "GOAWAY: under 8 bytes");
        }
        int last = payload.readInt() & 0x7fff_ffff;
        onGoAway(last, payload.readInt());
    }

    /// Streams above `last` were not processed (section 6.8).
    final void loseAbove(int last, ResetReason reason) {
        var above = new ArrayList<TunnelStream>();
        for (var stream : streams.values()) {
            if (stream.id() > last) {
                above.add(stream);
            }
        }
        above.forEach(stream -> stream.onConnectionLost(reason, true));
    }

    final void countControl() throws Http2.ConnectionError {
        floodGuard.count(now());
    }

    // ---- credit towards the peer

    /// Bytes of this connection that have found their reader, or were thrown away.
    final void read(int bytes) {
        received.read(bytes);
        topUp();
    }

    private void topUp() {
        int due = dead ? 0 : received.due();
        if (due > 0) {
            writeWindowUpdate(0, due);
        }
    }

    // ---- out

    final void wantsToSend(TunnelStream stream) {
        if (!stream.queuedForSending && stream.canSend()) {
            stream.queuedForSending = true;
            sending.add(stream);
        }
    }

    /// Sends what the windows and the socket allow, and flushes, unless a read is being worked
    /// through: then `channelReadComplete` does both, once.
    final void send() {
        if (inRead || sendingNow || dead) {
            return;
        }
        sendingNow = true;
        try {
            var channel = ctx().channel();
            TunnelStream stream;
            while (channel.isWritable() && (stream = sending.poll()) != null) {
                stream.queuedForSending = false;
                if (!stream.canSend()) {
                    continue;
                }
                if (stream.hasQueued() && sendWindow <= 0) {
                    stream.queuedForSending = true;
                    sending.addFirst(stream);
                    break;
                }
                sendOne(stream);
                wantsToSend(stream);
            }
        } finally {
            sendingNow = false;
        }
        if (dirty) {
            dirty = false;
            ctx().flush();
        }
    }

    private void sendOne(TunnelStream stream) {
        if (!stream.hasQueued()) {
            var end = ctx().alloc().directBuffer(FRAME_HEADER);
            Http2.frameHeader(end, 0, Http2.DATA, Http2.END_STREAM, stream.id());
            write(end);
            stream.endWasSent();
            return;
        }
        int most = Math.min(peer.maxFrame(), Math.min(sendWindow, stream.sendWindow));
        var data = stream.takeQueued(most);
        int length = data.readableBytes();
        boolean end = stream.endDue();
        int flags = end ? Http2.END_STREAM : 0;
        Http2.writeData(data, flags, stream.id(), ctx().alloc(), out);
        sendWindow -= length;
        stream.sent(length);
        if (end) {
            stream.endWasSent();
        }
    }

    final void writeHeaders(int id, Http2Headers headers, boolean endStream) {
        headerWriter.write(id, headers, endStream, peer.maxFrame(), ctx().alloc(), out);
    }

    final void writeWindowUpdate(int id, int increment) {
        writeControl(Http2.windowUpdate(ctx().alloc(), id, increment));
    }

    final void writeReset(int id, int code) {
        if (!dead) {
            writeControl(Http2.rstStream(ctx().alloc(), id, code));
        }
    }

    final void writeControl(ByteBuf frame) {
        if (dead) {
            frame.release();
            return;
        }
        write(frame);
        if (!inRead && !sendingNow) {
            dirty = false;
            ctx().flush();
        }
    }

    private void write(ByteBuf bytes) {
        dirty = true;
        ctx().write(bytes, ctx().voidPromise());
    }

    final void flushNow() {
        if (!inRead) {
            dirty = false;
            ctx().flush();
        }
    }

    // ---- life and death

    /// The peer broke the protocol: GOAWAY with the cause, then the end.
    @Override
    public final void fail(int code, String detail) {
        if (dead) {
            return;
        }
        var ctx = ctx();
        ctx.write(Http2.goAway(ctx.alloc(), lastPeerStream(), code, detail));
        die(new ResetReason(ResetReason.Kind.LOST, Http2.ERROR + " " + code + ": " + detail));
        ctx.flush();
        ctx.close();
    }

    abstract int lastPeerStream();

    final void die(ResetReason reason) {
        if (dead) {
            return;
        }
        dead = true;
        if (reader != null) {
            reader.close();
        }
        blocks.close();
        headerWriter.close();
        for (var stream : new ArrayList<>(streams.values())) {
            stream.onConnectionLost(reason, false);
        }
        sending.clear();
        onDead(reason);
    }

    @Override
    public final void lost(String detail) {
        closeWith(new ResetReason(ResetReason.Kind.LOST, "HBONE " + detail));
    }

    final void closeWith(ResetReason reason) {
        die(reason);
        ctx().close();
    }

    @Override
    public final void sendPing() {
        writeControl(Http2.ping(ctx().alloc(), 0, PING));
    }

    final long now() {
        return loop().ticker().nanoTime();
    }
}
