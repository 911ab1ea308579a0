package dev.ambit.hbone;

import dev.ambit.hbone.frames.Http2;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The server's side of a tunnel: hands each CONNECT to its user.
///
/// @param <P> the proof of the peer's identity
final class ServerConnection<P> extends TunnelConnection {
    private static final long DRAIN_PING = 0x647261696eL;

    private final P peer;
    private final Consumer<IncomingConnect<P>> connects;
    private final Consumer<ResetReason> whenClosed;
    private int lastStream;
    private boolean draining;
    private boolean refusing;
    private @Nullable Future<?> firstDue;

    ServerConnection(
            HboneLimits limits,
            P peer,
            Consumer<IncomingConnect<P>> connects,
            Consumer<ResetReason> whenClosed) {
        super(limits);
        this.peer = peer;
        this.connects = connects;
        this.whenClosed = whenClosed;
    }

    /// Says goodbye (RFC 9113 section 6.8): a GOAWAY that still admits what is on its way, then,
    /// after a round trip, one that admits nothing more. Closes when the last stream has ended.
    void drain() {
        if (draining || isDead()) {
            return;
        }
        draining = true;
        writeControl(Http2.goAway(ctx().alloc(), Integer.MAX_VALUE, Http2.NO_ERROR, "draining"));
        writeControl(Http2.ping(ctx().alloc(), 0, DRAIN_PING));
    }

    /// The same behind the first stream: who came during the drain has dialled for one, and would
    /// only dial again. He has as long for it as a handshake may take.
    void drainAfterFirst() {
        long nanos = limits().tlsHandshake().toNanos();
        firstDue = ctx().executor().schedule(this::drain, nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    void onPingAck(long payload) {
        if (draining && payload == DRAIN_PING && !refusing) {
            refusing = true;
            writeControl(Http2.goAway(ctx().alloc(), lastStream, Http2.NO_ERROR, "draining"));
            closeIfDrained();
        }
    }

    private void endWait() {
        if (firstDue != null) {
            firstDue.cancel(false);
            firstDue = null;
        }
    }

    private void closeIfDrained() {
        if (refusing && streamCount() == 0 && !isDead()) {
            // The last stream's last bytes may not have been flushed, and a close drops those.
            ctx().flush();
            closeWith(new ResetReason(ResetReason.Kind.LOCAL, "tunnel drained"));
        }
    }

    @Override
    public void onHeaders(int id, Http2Headers headers, boolean endStream)
            throws Http2.ConnectionError {
        var known = stream(id);
        if (known != null) {
            if (endStream) {
                known.burstEnd();
                known.onEndStream();
            } else {
                refuseMalformed(id, "second HEADERS without END_STREAM");
            }
            return;
        }
        if ((id & 1) == 0) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, "stream " + id + " (expected: odd from a client)");
        }
        if (id <= lastStream) {
            return; // It was open once: HEADERS that crossed our RST_STREAM.
        }
        if (refusing) {
            return; // Above the last GOAWAY: the client knows that it was not processed.
        }
        lastStream = id;
        if (streamCount() >= limits().maxServerStreams()) {
            countControl();
            writeReset(id, Http2.REFUSED_STREAM);
            return;
        }
        var stream = open(id);
        if (endStream) {
            stream.onEndStream();
        }
        var incoming = new Incoming(stream, request(headers));
        stream.abandoned = incoming::abandoned;
        connects.accept(incoming);
        if (firstDue != null) {
            endWait();
            drain();
        }
    }

    private static ConnectRequest request(Http2Headers headers) {
        return new ConnectRequest(
                ClientConnection.text(headers.method()).orElse(""),
                ClientConnection.text(headers.authority()).orElse(""),
                ClientConnection.list(headers, HeaderNames.BAGGAGE),
                ClientConnection.text(headers.get(HeaderNames.FORWARDED)),
                ClientConnection.text(headers.get(HeaderNames.TRACEPARENT)),
                ClientConnection.text(headers.get(HeaderNames.FORWARDED_NETWORK)),
                ClientConnection.text(headers.get(HeaderNames.SOURCE)));
    }

    @Override
    void onGoAway(int last, int code) {
        // A client's GOAWAY concerns streams that a server opens, and this one opens none.
    }

    @Override
    void onStreamClosed(TunnelStream stream) {
        forget(stream);
        closeIfDrained();
    }

    @Override
    void onSettings() {}

    @Override
    void onDead(ResetReason reason) {
        endWait();
        whenClosed.accept(reason);
    }

    @Override
    int[] ownSettings() {
        return new int[] {
            Http2.S_MAX_CONCURRENT_STREAMS, limits().maxServerStreams(),
            Http2.S_INITIAL_WINDOW_SIZE, limits().streamWindowBytes(),
            Http2.S_MAX_FRAME_SIZE, limits().maxFrameBytes(),
            Http2.S_MAX_HEADER_LIST_SIZE, limits().maxHeaderListBytes()
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

    private final class Incoming implements IncomingConnect<P> {
        private final TunnelStream stream;
        private final ConnectRequest request;
        private final Future<?> deadline;
        private @Nullable Runnable whenAbandoned;
        private boolean answered;

        Incoming(TunnelStream stream, ConnectRequest request) {
            this.stream = stream;
            this.request = request;
            this.deadline =
                    ServerConnection.this
                            .loop()
                            .schedule(
                                    this::unanswered,
                                    limits().connectAnswer().toNanos(),
                                    TimeUnit.NANOSECONDS);
        }

        @Override
        public ConnectRequest request() {
            return request;
        }

        @Override
        public P peer() {
            return peer;
        }

        @Override
        public InetSocketAddress remote() {
            return (InetSocketAddress) ctx().channel().remoteAddress();
        }

        @Override
        public InetSocketAddress local() {
            return (InetSocketAddress) ctx().channel().localAddress();
        }

        @Override
        public EventLoop loop() {
            return ServerConnection.this.loop();
        }

        @Override
        public HboneStream accept(ConnectReply reply) {
            answer();
            var headers = new DefaultHttp2Headers(false, 2);
            headers.status(AsciiString.cached("200"));
            reply.baggage().ifPresent(value -> headers.add(HeaderNames.BAGGAGE, value));
            if (!isDead()) {
                writeHeaders(stream.id(), headers, false);
                flushNow();
            }
            return stream;
        }

        @Override
        public void refuse(int status) {
            answer();
            if (isDead() || stream(stream.id()) == null) {
                return;
            }
            var headers = new DefaultHttp2Headers(false, 1);
            headers.status(Integer.toString(status));
            writeHeaders(stream.id(), headers, true);
            if (!stream.endReceived()) {
                // Section 8.1: the answer is complete, the rest of the request is not wanted.
                writeReset(stream.id(), Http2.NO_ERROR);
            }
            flushNow();
            stream.close();
        }

        @Override
        public void whenAbandoned(Runnable callback) {
            whenAbandoned = callback;
        }

        private void answer() {
            if (answered) {
                throw new IllegalStateException("CONNECT answered twice");
            }
            answered = true;
            stream.abandoned = null;
            floodGuard.earn();
            deadline.cancel(false);
        }

        private void unanswered() {
            if (!answered) {
                var gone = whenAbandoned;
                refuse(503);
                if (gone != null) {
                    gone.run();
                }
            }
        }

        private void abandoned() {
            answered = true;
            deadline.cancel(false);
            if (whenAbandoned != null) {
                whenAbandoned.run();
            }
        }
    }
}
