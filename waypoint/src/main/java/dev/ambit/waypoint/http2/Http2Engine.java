package dev.ambit.waypoint.http2;

import static dev.ambit.hbone.frames.Http2.FRAME_HEADER;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.frames.BlockGatherer;
import dev.ambit.hbone.frames.ClientPreface;
import dev.ambit.hbone.frames.FrameReader;
import dev.ambit.hbone.frames.Http2;
import dev.ambit.hbone.frames.KeepAlive;
import dev.ambit.hbone.frames.PeerSettings;
import dev.ambit.hbone.frames.ReceiveWindow;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What both sides of an HTTP/2 connection have in common: frames in, flow control, SETTINGS, PING,
/// GOAWAY, life and death. What goes out is `SendRound`'s. Everything on the duplex's loop.
abstract class Http2Engine
        implements FrameReader.Sink, BlockGatherer.Sink, KeepAlive.Connection, Duplex.Inlet {
    /// "ambit", so that a capture shows whose PING it is.
    private static final long PING = 0x616d626974L;

    final Duplex duplex;
    private final Http2Options options;
    private final Http2Limits limits;
    final FrameWriter writer;
    final PeerSettings peer = new PeerSettings();
    private final FrameReader reader;
    private final BlockGatherer blocks;
    private final HpackDecoder hpack;
    private final FieldCollector.Trailers trailerFields;
    private final KeepAlive keepAlive;
    private final ReceiveWindow received;
    private final InboundGuard guard;
    private final ResetStreams resets = new ResetStreams();
    private final SendRound round;
    private final IntObjectHashMap<Http2Stream> streams = new IntObjectHashMap<>();
    private final ArrayList<Http2Stream> delivered = new ArrayList<>();

    private @Nullable ClientPreface preface;
    private boolean acknowledged;
    private int dataLength;
    private int toGrant;
    private boolean inBurst;
    private boolean dead;

    Http2Engine(Duplex duplex, Http2Options options, Http2Limits limits) {
        this.duplex = duplex;
        this.options = options;
        this.limits = limits;
        this.writer = new FrameWriter(duplex, limits.copiedBytes());
        this.guard = new InboundGuard(limits);
        this.round = new SendRound(this, writer, guard);
        this.reader =
                new FrameReader(
                        ByteBufAllocator.DEFAULT,
                        options.maxFrameBytes(),
                        options.maxFrameBytes(),
                        this);
        this.blocks = new BlockGatherer(limits.headerBlockBytes(), this);
        this.hpack = new HpackDecoder(options.headerTableBytes());
        this.trailerFields =
                new FieldCollector.Trailers(
                        options.maxHeaderBytes(), options.maxHeaders(), options.underscores());
        this.received =
                new ReceiveWindow(
                        options.connectionWindow(),
                        Math.max(limits.connectionUnreadBytes(), options.connectionWindow()));
        this.keepAlive =
                new KeepAlive(
                        this, limits.settings(), options.pingInterval(), options.pingTimeout());
    }

    // ---- for the two roles

    /// A block of a stream that is not open, or whose final head has not come.
    abstract void onHead(int id, @Nullable Http2Stream stream, ByteBuf block, boolean end)
            throws Http2.ConnectionError;

    /// Whether a block of this stream is its head rather than its trailers.
    abstract boolean awaitsHead(Http2Stream stream);

    abstract void onRstStream(Http2Stream stream, int code);

    abstract void onGoAway(int lastStream, int code);

    abstract void onStreamClosed(Http2Stream stream, boolean byPeer);

    /// The peer's settings have come, or changed.
    abstract void onSettings();

    abstract void onPingAck(long payload);

    /// The connection is gone; every stream has been told.
    abstract void onDead(StreamReset reason);

    abstract int[] ownSettings();

    /// Of a stream that is not open: was it ever?
    abstract boolean wasOpened(int id);

    abstract int lastPeerStream();

    final Http2Options options() {
        return options;
    }

    final Http2Limits limits() {
        return limits;
    }

    @Override
    public final EventLoop loop() {
        return duplex.loop();
    }

    @Override
    public final boolean isDead() {
        return dead;
    }

    final boolean inBurst() {
        return inBurst;
    }

    final int streamCount() {
        return streams.size();
    }

    final void add(Http2Stream stream) {
        streams.put(stream.id, stream);
    }

    final @Nullable Http2Stream stream(int id) {
        return streams.get(id);
    }

    final Iterable<Http2Stream> streams() {
        return streams.values();
    }

    final void start(boolean client) {
        if (client) {
            writer.preface();
        } else {
            preface = new ClientPreface();
        }
        writer.settings(ownSettings());
        int more = received.open();
        if (more > 0) {
            writer.windowUpdate(0, more);
        }
        wantFlush();
        keepAlive.start();
        duplex.attach(this);
    }

    // ---- in

    @Override
    public final void onBytes(ByteBuf input) {
        toGrant += input.readableBytes();
        if (dead) {
            input.release();
            return;
        }
        inBurst = true;
        keepAlive.heard();
        try {
            if (preface != null) {
                preface.read(input);
            }
            reader.read(input);
        } catch (Http2.ConnectionError error) {
            failConnection(error.code(), error.detail());
        } finally {
            input.release();
        }
    }

    @Override
    public final void onBurstEnd() {
        for (int i = 0; i < delivered.size(); i++) {
            delivered.get(i).burstEnd();
        }
        delivered.clear();
        inBurst = false;
        int bytes = toGrant;
        toGrant = 0;
        if (bytes > 0) {
            duplex.grant(bytes);
        }
        round.run();
    }

    @Override
    public final void onEnd() {
        die(new StreamReset(StreamReset.Kind.CONNECTION_LOST, "connection closed by the peer"));
        duplex.endOutput();
    }

    @Override
    public final void onReset(ResetReason reason) {
        die(new StreamReset(StreamReset.Kind.CONNECTION_LOST, reason.detail()));
    }

    @Override
    public final void onTaken(int bytes) {
        writer.taken(bytes);
        round.run();
    }

    final void delivered(Http2Stream stream) {
        delivered.add(stream);
    }

    @Override
    public final void onDataFrame(int id, int length) throws Http2.ConnectionError {
        checkOrder(Http2.DATA);
        dataLength = length;
        received.arrived(length);
        received.held(length);
        var stream = streams.get(id);
        if (stream == null) {
            closedStream(id, "DATA");
            return;
        }
        if (stream.endReceived()) {
            throw new Http2.ConnectionError(
                    Http2.STREAM_CLOSED, "DATA on stream " + id + " after its END_STREAM");
        }
        if (!stream.consumeWindow(length)) {
            throw new Http2.ConnectionError(
                    Http2.FLOW_CONTROL_ERROR, "DATA beyond the window of stream " + id);
        }
        stream.countReceived(FRAME_HEADER + length);
        if (awaitsHead(stream)) {
            malformed(id, stream, messaging("DATA before the head"));
        }
    }

    @Override
    public final void onDataBytes(int id, ByteBuf bytes) {
        int length = bytes.readableBytes();
        var stream = streams.get(id);
        if (stream != null && !stream.fits(length, false)) {
            bytes.release();
            read(length);
            resetMalformed(stream, messaging("DATA beyond content-length"));
            return;
        }
        if (stream == null || !stream.deliver(bytes)) {
            bytes.release();
            read(length); // Discarded, so its credit returns at once.
            return;
        }
        topUp();
    }

    @Override
    public final void onDataFrameEnd(int id, int padding, boolean endStream)
            throws Http2.ConnectionError {
        guard.payload(dataLength - padding, endStream);
        var stream = streams.get(id);
        if (stream == null) {
            read(padding);
            return;
        }
        if (padding > 0) {
            stream.discard(padding);
        }
        if (endStream) {
            ended(stream, new Headers());
        }
    }

    private void ended(Http2Stream stream, Headers trailers) {
        if (stream.fits(0, true)) {
            stream.onEndStream(trailers);
        } else {
            resetMalformed(stream, messaging("body shorter than content-length"));
        }
    }

    @Override
    public final void onFrame(int type, int flags, int id, ByteBuf payload)
            throws Http2.ConnectionError {
        checkOrder(type);
        switch (type) {
            case Http2.HEADERS -> {
                guard.payload(payload.readableBytes(), (flags & Http2.END_STREAM) != 0);
                blocks.headers(flags, id, payload, ByteBufAllocator.DEFAULT);
            }
            case Http2.CONTINUATION -> {
                guard.payload(payload.readableBytes(), false);
                blocks.continuation(flags, id, payload);
            }
            case Http2.SETTINGS -> settings(flags, id, payload);
            case Http2.WINDOW_UPDATE -> windowUpdate(id, payload);
            case Http2.RST_STREAM -> rstStream(id, payload);
            case Http2.PING -> ping(flags, id, payload);
            case Http2.GOAWAY -> goAway(id, payload);
            case Http2.PRIORITY -> priority(id, payload);
            case Http2.PUSH_PROMISE ->
                    throw new Http2.ConnectionError(
                            Http2.PROTOCOL_ERROR, "PUSH_PROMISE (expected: never)");
            default -> {
                // Section 5.5: types that are not known are ignored.
            }
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
    public final void onBlock(int id, ByteBuf block, boolean end) throws Http2.ConnectionError {
        guard.block();
        var stream = streams.get(id);
        if (stream == null || awaitsHead(stream)) {
            if (stream != null) {
                stream.countReceived(FRAME_HEADER + block.readableBytes());
            }
            onHead(id, stream, block, end);
            return;
        }
        stream.countReceived(FRAME_HEADER + block.readableBytes());
        if (stream.endReceived()) {
            throw new Http2.ConnectionError(
                    Http2.STREAM_CLOSED, "HEADERS on stream " + id + " after its END_STREAM");
        }
        trailerFields.begin();
        hpack.decode(block, trailerFields);
        var broken = trailerFields.broken();
        if (broken != null) {
            malformed(id, stream, broken);
        } else if (!end) {
            malformed(id, stream, messaging("HEADERS after the head without END_STREAM"));
        } else {
            ended(stream, trailerFields.headers());
        }
    }

    final void decode(ByteBuf block, FieldCollector fields) throws Http2.ConnectionError {
        fields.begin();
        hpack.decode(block, fields);
    }

    static Broken messaging(String cause) {
        return new Broken(Http2.PROTOCOL_ERROR, Broken.MESSAGING, cause, false);
    }

    /// RFC 9113 section 8.1.1, or as Envoy does unless it is told otherwise.
    final void malformed(int id, @Nullable Http2Stream stream, Broken broken)
            throws Http2.ConnectionError {
        if (!options.resetMalformed() && !broken.limit()) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, broken.details() + ": " + broken.cause());
        }
        if (stream != null) {
            resetMalformed(stream, broken);
        } else {
            resets.add(id);
            writer.reset(id, broken.code());
        }
    }

    private void resetMalformed(Http2Stream stream, Broken broken) {
        resetStream(stream, broken.code());
        stream.fail(new StreamReset(StreamReset.Kind.PROTOCOL_ERROR, broken.details()));
    }

    private void settings(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        int window = peer.streamWindow();
        if (!peer.read(flags, id, payload)) {
            acknowledged = true;
            return;
        }
        widen(peer.streamWindow() - window);
        writer.hpack().limit(peer.headerTable());
        writer.settingsAck();
        peer.markReceived();
        onSettings();
    }

    /// A new initial window moves the windows of streams that are open (section 6.9.2).
    private void widen(int change) throws Http2.ConnectionError {
        if (change == 0) {
            return;
        }
        for (var stream : streams.values()) {
            if ((long) stream.sendWindow + change > Http2.MAX_WINDOW) {
                throw new Http2.ConnectionError(
                        Http2.FLOW_CONTROL_ERROR,
                        "SETTINGS_INITIAL_WINDOW_SIZE: "
                                + peer.streamWindow()
                                + " overflows the window of stream "
                                + stream.id);
            }
            stream.sendWindow += change;
            round.add(stream);
        }
    }

    private void windowUpdate(int id, ByteBuf payload) throws Http2.ConnectionError {
        guard.windowUpdate();
        if (payload.readableBytes() != 4) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "WINDOW_UPDATE: not 4 bytes");
        }
        int increment = payload.readInt() & 0x7fff_ffff;
        if (id == 0) {
            round.widen(increment);
            return;
        }
        var stream = streams.get(id);
        if (stream == null) {
            checkOpened(id, "WINDOW_UPDATE");
            return;
        }
        if (increment == 0 || (long) stream.sendWindow + increment > Http2.MAX_WINDOW) {
            int code = increment == 0 ? Http2.PROTOCOL_ERROR : Http2.FLOW_CONTROL_ERROR;
            resetStream(stream, code);
            stream.fail(
                    new StreamReset(
                            StreamReset.Kind.PROTOCOL_ERROR, "WINDOW_UPDATE: " + increment));
            return;
        }
        stream.sendWindow += increment;
        round.add(stream);
    }

    private void rstStream(int id, ByteBuf payload) throws Http2.ConnectionError {
        if (payload.readableBytes() != 4) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "RST_STREAM: not 4 bytes");
        }
        var stream = streams.get(id);
        if (stream == null) {
            checkOpened(id, "RST_STREAM");
            return;
        }
        stream.countReceived(FRAME_HEADER + 4);
        onRstStream(stream, payload.readInt());
    }

    private void checkOpened(int id, String frame) throws Http2.ConnectionError {
        if (id == 0 || !wasOpened(id)) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, frame + " on stream " + id + ", which is not open");
        }
    }

    /// Of a frame that only an open stream may have: it crossed our RST_STREAM, or is an error.
    final void closedStream(int id, String frame) throws Http2.ConnectionError {
        checkOpened(id, frame);
        if (!resets.contains(id)) {
            throw new Http2.ConnectionError(
                    Http2.STREAM_CLOSED, frame + " on stream " + id + ", which is closed");
        }
    }

    private void priority(int id, ByteBuf payload) throws Http2.ConnectionError {
        guard.priority();
        if (payload.readableBytes() != 5) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "PRIORITY: not 5 bytes");
        }
        if (id == 0) {
            throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "PRIORITY on stream 0");
        }
    }

    private void ping(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        if (payload.readableBytes() != 8) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "PING: not 8 bytes");
        }
        if (id != 0) {
            throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "PING on stream " + id);
        }
        if ((flags & Http2.ACK) != 0) {
            keepAlive.pingAnswered();
            onPingAck(payload.readLong());
            return;
        }
        writer.ping(Http2.ACK, payload.readLong());
    }

    private void goAway(int id, ByteBuf payload) throws Http2.ConnectionError {
        if (payload.readableBytes() < 8) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "GOAWAY: under 8 bytes");
        }
        if (id != 0) {
            throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "GOAWAY on stream " + id);
        }
        int last = payload.readInt() & 0x7fff_ffff;
        onGoAway(last, payload.readInt());
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

    final void wantsToSend(Http2Stream stream) {
        round.add(stream);
    }

    final void wantFlush() {
        round.want();
    }

    final void writeResponse(Http2Stream stream, int status, ResponseHead head, boolean end) {
        int bytes =
                writer.block(
                        (encoder, out) -> {
                            encoder.field(out, ":status", Statuses.text(status));
                            encoder.fields(out, head.headers());
                        },
                        stream.id,
                        end,
                        peer.maxFrame());
        stream.countSent(bytes);
        wantFlush();
    }

    final void writeWindowUpdate(int id, int increment) {
        if (!dead) {
            writer.windowUpdate(id, increment);
            wantFlush();
        }
    }

    final void resetStream(Http2Stream stream, int code) {
        refuse(stream.id, code);
        stream.countSent(FRAME_HEADER + 4);
    }

    final void refuse(int id, int code) {
        if (!dead) {
            resets.add(id);
            writer.reset(id, code);
            wantFlush();
        }
    }

    final void closed(Http2Stream stream, boolean byPeer) {
        streams.remove(stream.id);
        onStreamClosed(stream, byPeer);
    }

    // ---- life and death

    @Override
    public final boolean settingsReceived() {
        return peer.received() && acknowledged;
    }

    /// No SETTINGS, or no answer to ours.
    @Override
    public final void fail(int code, String detail) {
        failConnection(peer.received() ? Http2.SETTINGS_TIMEOUT : code, detail);
    }

    /// The peer broke the protocol, or floods: GOAWAY with the cause, then the end.
    final void failConnection(int code, String detail) {
        close(code, new StreamReset(StreamReset.Kind.PROTOCOL_ERROR, detail));
    }

    @Override
    public final void lost(String detail) {
        close(
                Http2.NO_ERROR,
                new StreamReset(StreamReset.Kind.CONNECTION_LOST, "HTTP/2 " + detail));
    }

    @Override
    public final void sendPing() {
        writer.ping(0, PING);
        wantFlush();
    }

    /// Ends the connection from this side.
    final void close(int code, StreamReset reason) {
        if (dead) {
            return;
        }
        writer.goAway(lastPeerStream(), code, Statuses.ascii(reason.detail()));
        writer.flush();
        die(reason);
        duplex.endOutput();
        var _ =
                loop().schedule(
                                () ->
                                        duplex.reset(
                                                new ResetReason(
                                                        ResetReason.Kind.LOCAL, reason.detail())),
                                limits.close().toNanos(),
                                TimeUnit.NANOSECONDS);
    }

    /// Nothing is left to do: ends once the last bytes are out. Told a turn later, since a stream
    /// that is ending may be what brought it about.
    final void end(StreamReset reason) {
        loop().execute(() -> {
            if (streams.isEmpty()) {
                close(Http2.NO_ERROR, reason);
            }
        });
    }

    private void die(StreamReset reason) {
        if (dead) {
            return;
        }
        dead = true;
        reader.close();
        blocks.close();
        for (var stream : new ArrayList<>(streams.values())) {
            stream.fail(reason);
        }
        round.close();
        writer.close();
        onDead(reason);
    }

    final long now() {
        return loop().ticker().nanoTime();
    }
}
