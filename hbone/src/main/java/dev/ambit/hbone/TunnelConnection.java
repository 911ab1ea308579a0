package dev.ambit.hbone;

import static dev.ambit.hbone.Http2.FRAME_HEADER;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One HTTP/2 connection that carries CONNECT streams: frames in and out, flow control, PING,
/// GOAWAY. The last handler of its channel; everything happens on the channel's loop.
///
/// Sending is a round of streams: each in turn sends one frame while its window, the connection's
/// window and the socket's queue have room. So a busy stream can't hold back the others.
abstract class TunnelConnection extends ChannelInboundHandlerAdapter implements FrameReader.Sink {
    /// How many times `writeHighWaterBytes` the queue of a socket may hold because of frames that
    /// do not wait for room.
    private static final int UNREAD_ANSWERS = 4;

    private final HboneLimits limits;
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersDecoder decoder;
    private final IntObjectHashMap<TunnelStream> streams = new IntObjectHashMap<>();
    private final ArrayDeque<TunnelStream> sending = new ArrayDeque<>();
    private final ArrayList<TunnelStream> delivered = new ArrayList<>();

    private @Nullable ChannelHandlerContext context;
    private @Nullable FrameReader reader;

    private int sendWindow = Http2.DEFAULT_WINDOW;
    private int receiveWindow = Http2.DEFAULT_WINDOW;
    private int unread;
    private int peerStreamWindow = Http2.DEFAULT_WINDOW;
    private int peerMaxFrame = Http2.DEFAULT_MAX_FRAME;
    private int peerMaxStreams = Integer.MAX_VALUE;
    private boolean settingsReceived;

    private boolean dirty;
    private boolean inRead;
    private boolean sendingNow;
    private boolean dead;

    private int prefaceLeft;
    private @Nullable ByteBuf headerBlock;
    private int headerStream;
    private int headerFlags;

    private long quietSince;
    private long pingSentAt = -1;
    private long controlSecond;
    private int controlFrames;

    TunnelConnection(HboneLimits limits) {
        this.limits = limits;
        this.decoder = new DefaultHttp2HeadersDecoder(true, limits.maxHeaderListBytes());
    }

    // ---- for the two roles

    abstract void onHeaders(int stream, Http2Headers headers, boolean endStream)
            throws Http2.ConnectionError;

    abstract void onGoAway(int lastStream, int code);

    abstract void onStreamClosed(TunnelStream stream);

    abstract void onSettings();

    /// The connection is gone; every stream has been told.
    abstract void onDead(ResetReason reason);

    abstract int[] ownSettings();

    /// A stream that is unknown: was it never opened (an error), or is it closed already?
    abstract boolean wasOpened(int stream);

    final HboneLimits limits() {
        return limits;
    }

    final EventLoop loop() {
        return ctx().channel().eventLoop();
    }

    final boolean isDead() {
        return dead;
    }

    final boolean settingsReceived() {
        return settingsReceived;
    }

    final int peerMaxStreams() {
        return peerMaxStreams;
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
        var stream = new TunnelStream(this, id, peerStreamWindow, limits.streamWindowBytes());
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
        quietSince = now();
        if (client) {
            ctx.write(Http2.preface());
        } else {
            prefaceLeft = Http2.preface().readableBytes();
        }
        ctx.write(Http2.settings(allocator, ownSettings()));
        int more = limits.connectionWindowBytes() - Http2.DEFAULT_WINDOW;
        if (more > 0) {
            ctx.write(Http2.windowUpdate(allocator, 0, more));
            receiveWindow += more;
        }
        ctx.flush();
        loop().schedule(this::settingsDeadline, nanos(limits.settings()), TimeUnit.NANOSECONDS);
        schedulePing(nanos(limits.pingInterval()));
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
            quietSince = now();
            checkPeerReads();
            if (prefaceLeft > 0) {
                preface(input);
            }
            to.read(input);
        } catch (Http2.ConnectionError error) {
            fail(error.code, error.detail());
        } finally {
            input.release();
            inRead = false;
        }
    }

    /// DATA waits for room in the socket's queue, but answers to what the peer sends don't: a peer
    /// that asks and never reads would have them pile up here.
    private void checkPeerReads() throws Http2.ConnectionError {
        long over = ctx().channel().bytesBeforeWritable();
        long most = (long) UNREAD_ANSWERS * limits.writeHighWaterBytes();
        if (over > most) {
            throw new Http2.ConnectionError(
                    Http2.ENHANCE_YOUR_CALM,
                    over + " bytes wait to be sent (expected: a peer that reads its answers)");
        }
    }

    private void preface(ByteBuf input) throws Http2.ConnectionError {
        var expected = Http2.preface();
        int at = expected.readableBytes() - prefaceLeft;
        while (prefaceLeft > 0 && input.isReadable()) {
            if (input.readByte() != expected.getByte(at++)) {
                throw new Http2.ConnectionError(
                        Http2.PROTOCOL_ERROR, "no HTTP/2 preface (expected: PRI * HTTP/2.0)");
            }
            prefaceLeft--;
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
        receiveWindow -= length;
        if (receiveWindow < 0) {
            throw new Http2.ConnectionError(
                    Http2.FLOW_CONTROL_ERROR,
                    "DATA beyond the connection's window by " + -receiveWindow);
        }
        if (length == 0) {
            countControl();
        }
        var stream = streams.get(id);
        unread += length;
        if (stream == null) {
            if (!wasOpened(id)) {
                throw new Http2.ConnectionError(
                        Http2.PROTOCOL_ERROR, "DATA on stream " + id + ", which is not open");
            }
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
            case Http2.HEADERS -> headers(flags, id, payload);
            case Http2.CONTINUATION -> continuation(flags, id, payload);
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
        if (headerBlock != null && type != Http2.CONTINUATION) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, "frame of type " + type + " within a header block");
        }
        if (!settingsReceived && type != Http2.SETTINGS) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR,
                    "first frame of type " + type + " (expected: SETTINGS; not HTTP/2?)");
        }
    }

    private void headers(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        if (id == 0) {
            throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "HEADERS on stream 0");
        }
        int pad = 0;
        if ((flags & Http2.PADDED) != 0) {
            pad = payload.isReadable() ? payload.readUnsignedByte() : Integer.MAX_VALUE;
        }
        int skip = (flags & Http2.WITH_PRIORITY) != 0 ? 5 : 0;
        if (payload.readableBytes() < skip || payload.readableBytes() - skip < pad) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, "HEADERS: padding or priority longer than the frame");
        }
        payload.skipBytes(skip);
        var block = payload.slice(payload.readerIndex(), payload.readableBytes() - pad);
        if ((flags & Http2.END_HEADERS) != 0) {
            decode(id, block, (flags & Http2.END_STREAM) != 0);
            return;
        }
        headerStream = id;
        headerFlags = flags;
        headerBlock = ctx().alloc().buffer(block.readableBytes()).writeBytes(block);
    }

    private void continuation(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        var block = headerBlock;
        if (block == null || id != headerStream) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, "CONTINUATION on stream " + id + " without HEADERS");
        }
        countControl();
        if (block.readableBytes() + payload.readableBytes() > limits.maxHeaderListBytes()) {
            throw new Http2.ConnectionError(
                    Http2.ENHANCE_YOUR_CALM,
                    "header block over " + limits.maxHeaderListBytes() + " bytes");
        }
        block.writeBytes(payload);
        if ((flags & Http2.END_HEADERS) != 0) {
            headerBlock = null;
            try {
                decode(id, block, (headerFlags & Http2.END_STREAM) != 0);
            } finally {
                block.release();
            }
        }
    }

    private void decode(int id, ByteBuf block, boolean endStream) throws Http2.ConnectionError {
        Http2Headers headers;
        try {
            headers = decoder.decodeHeaders(id, block);
        } catch (Http2Exception malformed) {
            if (malformed instanceof Http2Exception.StreamException) {
                // The compression state is intact, so only this stream suffers.
                refuseMalformed(id, String.valueOf(malformed.getMessage()));
                return;
            }
            throw new Http2.ConnectionError(
                    Http2.COMPRESSION_ERROR, "header block: " + malformed.getMessage());
        }
        onHeaders(id, headers, endStream);
    }

    final void refuseMalformed(int id, String detail) throws Http2.ConnectionError {
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
        if (id != 0 || payload.readableBytes() % 6 != 0) {
            throw new Http2.ConnectionError(
                    Http2.FRAME_SIZE_ERROR,
                    "SETTINGS: stream " + id + ", " + payload.readableBytes() + " bytes");
        }
        if ((flags & Http2.ACK) != 0) {
            if (!settingsReceived || payload.isReadable()) {
                throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "SETTINGS: unexpected ACK");
            }
            return;
        }
        while (payload.isReadable()) {
            setting(payload.readUnsignedShort(), payload.readUnsignedInt());
        }
        writeControl(Http2.settingsAck(ctx().alloc()));
        boolean first = !settingsReceived;
        settingsReceived = true;
        if (first) {
            onSettings();
        }
        send();
    }

    private void setting(int name, long value) throws Http2.ConnectionError {
        switch (name) {
            case Http2.S_INITIAL_WINDOW_SIZE -> {
                if (value > Http2.MAX_WINDOW) {
                    throw new Http2.ConnectionError(
                            Http2.FLOW_CONTROL_ERROR, "SETTINGS_INITIAL_WINDOW_SIZE: " + value);
                }
                int change = (int) value - peerStreamWindow;
                peerStreamWindow = (int) value;
                for (var stream : streams.values()) {
                    if ((long) stream.sendWindow + change > Http2.MAX_WINDOW) {
                        throw new Http2.ConnectionError(
                                Http2.FLOW_CONTROL_ERROR,
                                "SETTINGS_INITIAL_WINDOW_SIZE: "
                                        + value
                                        + " overflows the window of stream "
                                        + stream.id());
                    }
                    stream.sendWindow += change;
                    wantsToSend(stream);
                }
            }
            case Http2.S_MAX_FRAME_SIZE -> {
                if (value < Http2.DEFAULT_MAX_FRAME || value >= 1 << 24) {
                    throw new Http2.ConnectionError(
                            Http2.PROTOCOL_ERROR, "SETTINGS_MAX_FRAME_SIZE: " + value);
                }
                peerMaxFrame = (int) value;
            }
            case Http2.S_MAX_CONCURRENT_STREAMS ->
                    peerMaxStreams = (int) Math.min(value, Integer.MAX_VALUE);
            default -> {
                // SETTINGS_HEADER_TABLE_SIZE: the encoder stays within the default, which every
                // peer must grant until it has acknowledged less. Others don't concern a tunnel.
            }
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
            if (!wasOpened(id)) {
                throw new Http2.ConnectionError(
                        Http2.PROTOCOL_ERROR, "WINDOW_UPDATE on idle stream " + id);
            }
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
        } else if (id == 0 || !wasOpened(id)) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, "RST_STREAM on idle stream " + id);
        }
    }

    private void ping(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        if (id != 0 || payload.readableBytes() != 8) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "PING: not 8 bytes");
        }
        if ((flags & Http2.ACK) != 0) {
            pingSentAt = -1;
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
        long second = TimeUnit.NANOSECONDS.toSeconds(now());
        if (second != controlSecond) {
            controlSecond = second;
            controlFrames = 0;
        }
        if (++controlFrames > limits.controlFramesPerSecond()) {
            throw new Http2.ConnectionError(
                    Http2.ENHANCE_YOUR_CALM,
                    "over " + limits.controlFramesPerSecond() + " control frames in a second");
        }
    }

    // ---- credit towards the peer

    /// Bytes of this connection that have found their reader, or were thrown away.
    final void read(int bytes) {
        unread -= bytes;
        topUp();
    }

    /// A stream's own window bounds what it holds; the connection's is topped up on arrival, so
    /// that streams whose readers are slow don't starve those whose readers are not. Only when all
    /// together hold more than the limit does the connection's window run dry.
    private void topUp() {
        int due = limits.connectionWindowBytes() - receiveWindow;
        int room = limits.connectionUnreadBytes() - unread - receiveWindow;
        int now = Math.min(due, room);
        if (now >= limits.connectionWindowBytes() / 2 && !dead) {
            receiveWindow += now;
            writeWindowUpdate(0, now);
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
        int most = Math.min(peerMaxFrame, Math.min(sendWindow, stream.sendWindow));
        var data = stream.takeQueued(most);
        int length = data.readableBytes();
        boolean end = stream.endDue();
        int flags = end ? Http2.END_STREAM : 0;
        int at = data.readerIndex();
        if (at >= FRAME_HEADER && !(data.isReadOnly()) && data.refCnt() == 1) {
            // The reader of the socket left head room: header and payload are one buffer.
            data.readerIndex(at - FRAME_HEADER);
            data.setMedium(at - 9, length);
            data.setByte(at - 6, Http2.DATA);
            data.setByte(at - 5, flags);
            data.setInt(at - 4, stream.id());
            write(data);
        } else {
            var header = ctx().alloc().directBuffer(FRAME_HEADER);
            Http2.frameHeader(header, length, Http2.DATA, flags, stream.id());
            write(header);
            write(data);
        }
        sendWindow -= length;
        stream.sent(length);
        if (end) {
            stream.endWasSent();
        }
    }

    /// @return the header block's frames, written
    final void writeHeaders(int id, Http2Headers headers, boolean endStream) {
        var allocator = ctx().alloc();
        var frame = allocator.directBuffer(256);
        frame.writeZero(FRAME_HEADER);
        try {
            encoder.encodeHeaders(id, headers, frame);
        } catch (Http2Exception tooLarge) {
            frame.release();
            throw new IllegalStateException("own header block: " + tooLarge.getMessage());
        }
        int length = frame.readableBytes() - FRAME_HEADER;
        int first = Math.min(length, peerMaxFrame);
        boolean whole = first == length;
        int flags = (endStream ? Http2.END_STREAM : 0) | (whole ? Http2.END_HEADERS : 0);
        frame.setMedium(0, first);
        frame.setByte(3, Http2.HEADERS);
        frame.setByte(4, flags);
        frame.setInt(5, id);
        if (whole) {
            write(frame);
            return;
        }
        write(frame.readRetainedSlice(FRAME_HEADER + first));
        while (frame.isReadable()) {
            int next = Math.min(frame.readableBytes(), peerMaxFrame);
            var header = allocator.directBuffer(FRAME_HEADER);
            int last = next == frame.readableBytes() ? Http2.END_HEADERS : 0;
            Http2.frameHeader(header, next, Http2.CONTINUATION, last, id);
            write(header);
            write(frame.readRetainedSlice(next));
        }
        frame.release();
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
    final void fail(int code, String detail) {
        if (dead) {
            return;
        }
        var ctx = ctx();
        ctx.write(Http2.goAway(ctx.alloc(), lastPeerStream(), code, detail));
        die(new ResetReason(ResetReason.Kind.LOST, "HTTP/2 error " + code + ": " + detail));
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
        if (headerBlock != null) {
            headerBlock.release();
            headerBlock = null;
        }
        encoder.close();
        for (var stream : new ArrayList<>(streams.values())) {
            stream.onConnectionLost(reason, false);
        }
        sending.clear();
        onDead(reason);
    }

    final void closeWith(ResetReason reason) {
        die(reason);
        ctx().close();
    }

    private void settingsDeadline() {
        if (!settingsReceived && !dead) {
            fail(
                    Http2.PROTOCOL_ERROR,
                    "no SETTINGS within " + limits.settings().toMillis() + " ms");
        }
    }

    private void schedulePing(long delayNanos) {
        Future<?> unused = loop().schedule(this::pingIfQuiet, delayNanos, TimeUnit.NANOSECONDS);
    }

    /// A PING only where nothing else shows that the peer is alive.
    private void pingIfQuiet() {
        if (dead) {
            return;
        }
        long interval = nanos(limits.pingInterval());
        long quiet = now() - quietSince;
        if (pingSentAt >= 0) {
            if (now() - pingSentAt >= nanos(limits.pingTimeout())) {
                closeWith(
                        new ResetReason(
                                ResetReason.Kind.LOST,
                                "HBONE ping timeout: no answer in "
                                        + limits.pingTimeout().toMillis()
                                        + " ms"));
                return;
            }
            schedulePing(Math.max(1, nanos(limits.pingTimeout()) - (now() - pingSentAt)));
            return;
        }
        if (quiet >= interval) {
            pingSentAt = now();
            writeControl(Http2.ping(ctx().alloc(), 0, 0x616d626974L));
            schedulePing(nanos(limits.pingTimeout()));
            return;
        }
        schedulePing(interval - quiet);
    }

    final long now() {
        return loop().ticker().nanoTime();
    }

    static long nanos(java.time.Duration duration) {
        return duration.toNanos();
    }
}
