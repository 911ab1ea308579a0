package dev.ambit.waypoint.http2;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Requests on HTTP/2.
public final class Http2ServerConnection implements ServerConnection {
    private static final long DRAIN_PING = 0x647261696eL;

    private final Handler handler;
    private final Engine engine;

    private Http2ServerConnection(
            Duplex duplex, Http2Options options, Http2Limits limits, Handler handler) {
        this.handler = handler;
        this.engine = new Engine(duplex, options, limits);
    }

    /// Takes `duplex` over: attaches to it, and says its SETTINGS.
    public static Http2ServerConnection over(
            Duplex duplex, Http2Options options, Http2Limits limits, Handler handler) {
        var connection = new Http2ServerConnection(duplex, options, limits, handler);
        connection.engine.start(false);
        return connection;
    }

    @Override
    public HttpVersion version() {
        return HttpVersion.HTTP_2;
    }

    @Override
    public int active() {
        return engine.streamCount();
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
        private final RequestFields fields;
        private final EarlyResets earlyResets;
        private int lastStream;
        private boolean draining;
        private boolean refusing;
        private @Nullable Future<?> drainDeadline;

        Engine(Duplex duplex, Http2Options options, Http2Limits limits) {
            super(duplex, options, limits);
            this.fields =
                    new RequestFields(
                            options.maxHeaderBytes(),
                            options.maxHeaders(),
                            options.underscores(),
                            options.allowConnect());
            this.earlyResets = new EarlyResets(limits.resetStreams(), limits.earlyReset());
        }

        @Override
        int[] ownSettings() {
            var own = options();
            return new int[] {
                Http2.S_HEADER_TABLE_SIZE, own.headerTableBytes(),
                Http2.S_ENABLE_CONNECT_PROTOCOL, own.allowConnect() ? 1 : 0,
                Http2.S_MAX_CONCURRENT_STREAMS, own.maxStreams(),
                Http2.S_INITIAL_WINDOW_SIZE, own.streamWindow(),
                Http2.S_MAX_FRAME_SIZE, own.maxFrameBytes()
            };
        }

        @Override
        boolean wasOpened(int id) {
            return (id & 1) == 1 && id <= lastStream;
        }

        @Override
        int lastPeerStream() {
            return lastStream;
        }

        @Override
        boolean awaitsHead(Http2Stream stream) {
            return false;
        }

        @Override
        void onHead(int id, @Nullable Http2Stream known, ByteBuf block, boolean end)
                throws Http2.ConnectionError {
            if ((id & 1) == 0) {
                throw new Http2.ConnectionError(
                        Http2.PROTOCOL_ERROR, "stream " + id + " (expected: odd from a client)");
            }
            decode(block, fields);
            if (id <= lastStream) {
                closedStream(id, "HEADERS");
                return;
            }
            if (refusing) {
                return; // Above the last GOAWAY: the client knows that it was not processed.
            }
            lastStream = id;
            if (streamCount() >= options().maxStreams()) {
                earlyResets.ended(true);
                refuse(id, Http2.REFUSED_STREAM);
                checkEarlyResets();
                return;
            }
            request(id, block.readableBytes(), end);
        }

        private void request(int id, int blockBytes, boolean end) throws Http2.ConnectionError {
            var head = fields.head();
            if (head != null && end && fields.contentLength() > 0 && !isConnect(head)) {
                reject(id, messaging("content-length without a body"));
                return;
            }
            if (head == null) {
                var broken = fields.broken();
                reject(id, broken == null ? messaging("no head") : broken);
                return;
            }
            var stream = new ServerSide(this, id, peer.streamWindow(), receiveWindow(), now());
            stream.countReceived(Http2.FRAME_HEADER + blockBytes);
            if (!isConnect(head)) {
                stream.expect(fields.contentLength());
            }
            add(stream);
            if (end) {
                stream.endComes();
            }
            stream.delivered();
            stream.inlet(handler.onRequest(stream, head, !end || isConnect(head)));
            if (end) {
                stream.onEndStream(new Headers());
            }
        }

        private static boolean isConnect(RequestHead head) {
            return head.upgrade() != null || head.method().equals("CONNECT");
        }

        private void reject(int id, Broken broken) throws Http2.ConnectionError {
            handler.onRejected(
                    new Rejected(HttpVersion.HTTP_2, 0, broken.details(), broken.cause()));
            malformed(id, null, broken);
        }

        @Override
        void onRstStream(Http2Stream stream, int code) {
            stream.fail(new StreamReset(StreamReset.Kind.REMOTE, "http2.remote_reset"));
            checkEarlyResets();
        }

        private void checkEarlyResets() {
            if (earlyResets.tooMany()) {
                close(
                        Http2.ENHANCE_YOUR_CALM,
                        new StreamReset(
                                StreamReset.Kind.PROTOCOL_ERROR, "too_many_premature_resets"));
            }
        }

        @Override
        void onGoAway(int last, int code) {
            // A client's GOAWAY concerns streams that a server opens, and this one opens none.
        }

        @Override
        void onStreamClosed(Http2Stream stream, boolean byPeer) {
            earlyResets.ended(
                    byPeer && earlyResets.isEarly(now() - ((ServerSide) stream).openedAt));
            closeIfDrained();
        }

        @Override
        void onSettings() {}

        /// RFC 9113 section 6.8: a GOAWAY that still admits what is on its way, then, after a round
        /// trip, one that admits nothing more. Closes when the last stream has ended.
        void drain() {
            if (draining || isDead()) {
                return;
            }
            draining = true;
            writer.goAway(Integer.MAX_VALUE, Http2.NO_ERROR, "");
            writer.ping(0, DRAIN_PING);
            wantFlush();
            drainDeadline =
                    loop().schedule(
                                    this::refuseNew,
                                    limits().drain().toNanos(),
                                    TimeUnit.NANOSECONDS);
        }

        @Override
        void onPingAck(long payload) {
            if (payload == DRAIN_PING) {
                refuseNew();
            }
        }

        private void refuseNew() {
            if (!draining || refusing || isDead()) {
                return;
            }
            refusing = true;
            if (drainDeadline != null) {
                drainDeadline.cancel(false);
            }
            writer.goAway(lastStream, Http2.NO_ERROR, "");
            wantFlush();
            closeIfDrained();
        }

        private void closeIfDrained() {
            if (refusing && streamCount() == 0) {
                end(new StreamReset(StreamReset.Kind.LOCAL, "drained"));
            }
        }

        @Override
        void onDead(StreamReset reason) {
            if (drainDeadline != null) {
                drainDeadline.cancel(false);
            }
            handler.onClosed();
        }
    }
}
