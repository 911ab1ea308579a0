package dev.ambit.waypoint.http2;

import static dev.ambit.hbone.frames.Http2.FRAME_HEADER;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.frames.Http2;
import dev.ambit.hbone.frames.KeepAlive;
import dev.ambit.hbone.frames.PeerSettings;
import dev.ambit.hbone.frames.ReceiveWindow;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What both sides of an HTTP/2 connection have in common: frames in, flow control, SETTINGS, PING,
/// GOAWAY, life and death. What goes out is `SendRound`'s. Everything on the duplex's loop.
abstract class Http2Engine implements KeepAlive.Connection, Duplex.Inlet {
    /// "ambit", so that a capture shows whose PING it is.
    private static final long PING = 0x616d626974L;

    final Duplex duplex;
    private final Http2Options options;
    private final Http2Limits limits;
    final FrameWriter writer;
    final PeerSettings peer = new PeerSettings();
    private final InboundFrames inbound;
    final KeepAlive keepAlive;
    final ReceiveWindow received;
    private final ResetStreams resets = new ResetStreams();
    final SendRound round;
    private final IntObjectHashMap<Http2Stream> streams = new IntObjectHashMap<>();
    private final ArrayList<Http2Stream> delivered = new ArrayList<>();

    private boolean acknowledged;
    private int toGrant;
    private boolean inBurst;
    private boolean dead;

    Http2Engine(Duplex duplex, Http2Options options, Http2Limits limits) {
        this.duplex = duplex;
        this.options = options;
        this.limits = limits;
        this.writer = new FrameWriter(duplex, limits.copiedBytes());
        var guard = new InboundGuard(limits);
        this.round = new SendRound(this, writer, guard);
        this.inbound = new InboundFrames(this, options, limits, guard);
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
            inbound.expectPreface();
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
            inbound.read(input);
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

    // ---- for what comes in

    final void decode(ByteBuf block, FieldCollector fields) throws Http2.ConnectionError {
        inbound.decode(block, fields);
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

    final void resetMalformed(Http2Stream stream, Broken broken) {
        resetStream(stream, broken.code());
        stream.fail(new StreamReset(StreamReset.Kind.PROTOCOL_ERROR, broken.details()));
    }

    final void checkOpened(int id, String frame) throws Http2.ConnectionError {
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

    /// A new initial window moves the windows of streams that are open (section 6.9.2).
    final void widen(int change) throws Http2.ConnectionError {
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

    /// What a new stream's peer may send. Until it has acknowledged our SETTINGS it may go by the
    /// protocol's default (RFC 9113 section 6.9.3).
    final int receiveWindow() {
        return acknowledged
                ? options.streamWindow()
                : Math.max(Http2.DEFAULT_WINDOW, options.streamWindow());
    }

    final void acknowledged() {
        if (acknowledged) {
            return;
        }
        int before = receiveWindow();
        acknowledged = true;
        for (var stream : streams.values()) {
            stream.narrow(before - receiveWindow());
        }
    }

    // ---- credit towards the peer

    /// Bytes of this connection that have found their reader, or were thrown away.
    final void read(int bytes) {
        received.read(bytes);
        topUp();
    }

    final void topUp() {
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
        inbound.close();
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
