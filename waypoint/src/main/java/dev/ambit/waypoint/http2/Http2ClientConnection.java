package dev.ambit.waypoint.http2;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/// Requests on HTTP/2, from the side that sends them.
public final class Http2ClientConnection implements ClientConnection {
    /// What a peer is trusted to take before its SETTINGS have come, as in Envoy.
    private static final int STREAMS_BEFORE_SETTINGS = 100;

    private final Owner owner;
    private final Engine engine;

    private Http2ClientConnection(
            Duplex duplex, Http2Options options, Http2Limits limits, Owner owner) {
        this.owner = owner;
        this.engine = new Engine(duplex, options, limits);
    }

    /// Takes `duplex` over: attaches to it, and says its preface.
    public static Http2ClientConnection over(
            Duplex duplex, Http2Options options, Http2Limits limits, Owner owner) {
        var connection = new Http2ClientConnection(duplex, options, limits, owner);
        connection.engine.start(true);
        return connection;
    }

    @Override
    public HttpVersion version() {
        return HttpVersion.HTTP_2;
    }

    @Override
    public int room() {
        return engine.room();
    }

    @Override
    public int active() {
        return engine.streamCount();
    }

    @Override
    public ClientStream send(RequestHead head, boolean bodyFollows, ClientStream.Inlet inlet) {
        return engine.send(head, bodyFollows, inlet);
    }

    @Override
    public void drain() {
        engine.drain();
    }

    @Override
    public void close(StreamReset reason) {
        engine.close(Http2.NO_ERROR, reason);
    }

    private final class Engine extends Http2Engine {
        private final ResponseFields fields;
        private int nextId = 1;
        private boolean draining;

        Engine(Duplex duplex, Http2Options options, Http2Limits limits) {
            super(duplex, options, limits);
            this.fields = new ResponseFields(options.maxHeaderBytes(), options.maxHeaders());
        }

        @Override
        int[] ownSettings() {
            var own = options();
            return new int[] {
                Http2.S_HEADER_TABLE_SIZE, own.headerTableBytes(),
                Http2.S_ENABLE_PUSH, 0,
                Http2.S_INITIAL_WINDOW_SIZE, own.streamWindow(),
                Http2.S_MAX_FRAME_SIZE, own.maxFrameBytes()
            };
        }

        int room() {
            if (draining || isDead()) {
                return 0;
            }
            int peers = peer.received() ? peer.maxStreams() : STREAMS_BEFORE_SETTINGS;
            return Math.max(0, Math.min(options().maxStreams(), peers) - streamCount());
        }

        ClientStream send(RequestHead head, boolean bodyFollows, ClientStream.Inlet inlet) {
            if (room() == 0) {
                throw new IllegalStateException("request on a connection without room");
            }
            int id = nextId;
            nextId += 2;
            boolean upgrade = head.upgrade() != null;
            boolean connect = upgrade || head.method().equals("CONNECT");
            var stream =
                    new ClientSide(
                            this,
                            id,
                            peer.streamWindow(),
                            receiveWindow(),
                            inlet,
                            head.method().equals("HEAD"),
                            connect,
                            upgrade);
            add(stream);
            boolean end = !bodyFollows && !connect;
            stream.countSent(
                    writer.block((out, into) -> write(out, into, head), id, end, peer.maxFrame()));
            if (end) {
                stream.endedByHead();
            }
            wantFlush();
            if (upgrade && peer.received() && !peer.connectProtocol()) {
                // RFC 8441 section 3: it must not be asked. Told later: `send` has yet to return.
                loop().execute(() -> refusedUpgrade(stream));
            }
            if (nextId < 0) {
                // Section 5.1.1: stream identifiers are used up.
                draining = true;
                loop().execute(() -> owner.onDraining(Http2ClientConnection.this));
            }
            return stream;
        }

        private void refusedUpgrade(ClientSide stream) {
            if (!stream.isClosed()) {
                resetStream(stream, Http2.CANCEL);
                stream.fail(
                        new StreamReset(StreamReset.Kind.LOCAL, "peer takes no extended CONNECT"));
            }
        }

        private static void write(HpackEncoder out, ByteBuf into, RequestHead head) {
            boolean upgrade = head.upgrade() != null;
            out.field(into, ":method", upgrade ? "CONNECT" : head.method());
            if (upgrade || !head.method().equals("CONNECT")) {
                out.field(into, ":scheme", head.scheme().isEmpty() ? "http" : head.scheme());
                out.field(into, ":path", head.path());
            }
            if (!head.authority().isEmpty()) {
                out.field(into, ":authority", head.authority());
            }
            var protocol = head.upgrade();
            if (protocol != null) {
                out.field(into, ":protocol", protocol);
            }
            out.fields(into, head.headers());
        }

        @Override
        boolean wasOpened(int id) {
            return (id & 1) == 1 && (nextId < 0 || id < nextId);
        }

        @Override
        int lastPeerStream() {
            return 0;
        }

        @Override
        boolean awaitsHead(Http2Stream stream) {
            return !((ClientSide) stream).answered;
        }

        @Override
        void onHead(int id, @Nullable Http2Stream known, ByteBuf block, boolean end)
                throws Http2.ConnectionError {
            decode(block, fields);
            if (known == null) {
                closedStream(id, "HEADERS");
                return;
            }
            var stream = (ClientSide) known;
            var head = fields.head();
            if (head == null) {
                var broken = fields.broken();
                malformed(id, stream, broken == null ? messaging("no head") : broken);
                return;
            }
            if (head.informational()) {
                if (end) {
                    malformed(id, stream, messaging("1xx with END_STREAM"));
                } else {
                    stream.heads.onInformational(head);
                }
                return;
            }
            answer(stream, head, end);
        }

        private void answer(ClientSide stream, ResponseHead head, boolean end)
                throws Http2.ConnectionError {
            int status = head.status();
            stream.answered = true;
            boolean bytes = stream.connect && status < 300;
            boolean bodiless = stream.head || bytes || status == 204 || status == 304;
            if (end && !bodiless && fields.contentLength() > 0) {
                malformed(stream.id, stream, messaging("content-length without a body"));
                return;
            }
            if (!bytes) {
                // RFC 9110 section 6.4.1: no content, whatever content-length says.
                stream.expect(bodiless ? 0 : fields.contentLength());
            }
            if (stream.upgrade && status == 200) {
                head.status(101);
            }
            stream.delivered();
            stream.heads.onHead(head, !end || bytes);
            if (end && !stream.isClosed()) {
                stream.onEndStream(new Headers());
            }
        }

        @Override
        void onRstStream(Http2Stream stream, int code) {
            if (stream.endReceived() && code == Http2.NO_ERROR) {
                stream.closeOutput(); // Section 8.1: the answer is there, and complete.
            } else if (code == Http2.REFUSED_STREAM) {
                stream.fail(
                        new StreamReset(StreamReset.Kind.REMOTE_REFUSED, "http2.remote_refuse"));
            } else {
                stream.fail(new StreamReset(StreamReset.Kind.REMOTE, "http2.remote_reset"));
            }
        }

        /// Streams above `last` were not processed (section 6.8).
        @Override
        void onGoAway(int last, int code) {
            boolean first = !draining;
            draining = true;
            var above = new ArrayList<Http2Stream>();
            for (var stream : streams()) {
                if (stream.id > last) {
                    above.add(stream);
                }
            }
            if (first) {
                owner.onDraining(Http2ClientConnection.this);
            }
            var reason = new StreamReset(StreamReset.Kind.REMOTE_REFUSED, "http2.remote_refuse");
            above.forEach(stream -> stream.fail(reason));
            closeIfDrained();
        }

        void drain() {
            draining = true;
            closeIfDrained();
        }

        private void closeIfDrained() {
            if (draining && streamCount() == 0) {
                end(new StreamReset(StreamReset.Kind.LOCAL, "drained"));
            }
        }

        @Override
        void onStreamClosed(Http2Stream stream, boolean byPeer) {
            if (isDead()) {
                return;
            }
            if (draining) {
                closeIfDrained();
            } else {
                owner.onRoom(Http2ClientConnection.this);
            }
        }

        @Override
        void onSettings() {
            owner.onRoom(Http2ClientConnection.this);
        }

        @Override
        void onPingAck(long payload) {}

        @Override
        void onDead(StreamReset reason) {
            draining = true;
            owner.onClosed(Http2ClientConnection.this, reason);
        }
    }
}
