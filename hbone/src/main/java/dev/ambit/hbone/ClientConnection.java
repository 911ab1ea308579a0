package dev.ambit.hbone;

import dev.ambit.hbone.frames.Http2;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.Future;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The client's side of a tunnel: opens streams, each with one CONNECT.
final class ClientConnection extends TunnelConnection {
    /// Stream identifiers run out at 2^31; a tunnel this old is replaced long before.
    private static final int LAST_STREAM = 1 << 30;

    private final Listener listener;
    private int nextStream = 1;
    private boolean draining;
    private long idleSince;

    /// The pool's: it has a timer running that will look at this tunnel.
    boolean idleTimerSet;

    /// For the pool that owns the tunnel. On the loop.
    interface Listener {
        /// There may be room for another stream, or there is one stream less.
        void onCapacity(ClientConnection connection);

        void onClosed(ClientConnection connection, ResetReason reason);
    }

    ClientConnection(HboneLimits limits, Listener listener) {
        super(limits);
        this.listener = listener;
    }

    /// No new streams; closes when the last has ended.
    void drain() {
        draining = true;
        closeIfDrained();
    }

    boolean accepts() {
        return !isDead() && !draining && nextStream < LAST_STREAM && room() > 0;
    }

    boolean usable() {
        return !isDead() && !draining && nextStream < LAST_STREAM;
    }

    /// Nanoseconds since the last stream ended; 0 while there are streams.
    long idleFor() {
        return streamCount() > 0 || isDead() ? 0 : now() - idleSince;
    }

    private int room() {
        return Math.min(limits().maxClientStreams(), peerMaxStreams()) - streamCount();
    }

    /// Sends the CONNECT. The answer, or its absence, comes to `reply`.
    void connect(ConnectRequest request, TunnelStream.ReplyListener reply) {
        int id = nextStream;
        nextStream += 2;
        var stream = open(id);
        var deadline =
                loop().schedule(
                                () -> replyDeadline(stream),
                                limits().connectReply().toNanos(),
                                TimeUnit.NANOSECONDS);
        stream.awaitingReply = new Awaiting(reply, deadline);
        writeHeaders(id, head(request), false);
        flushNow();
    }

    private static Http2Headers head(ConnectRequest request) {
        var headers = new DefaultHttp2Headers(false, 8);
        headers.method(HeaderNames.CONNECT).authority(request.authority());
        put(headers, HeaderNames.BAGGAGE, request.baggage());
        put(headers, HeaderNames.FORWARDED, request.forwarded());
        put(headers, HeaderNames.TRACEPARENT, request.traceparent());
        put(headers, HeaderNames.FORWARDED_NETWORK, request.forwardedNetwork());
        put(headers, HeaderNames.SOURCE, request.source());
        return headers;
    }

    private static void put(Http2Headers headers, AsciiString name, Optional<String> value) {
        if (value.isPresent()) {
            headers.add(name, value.get());
        }
    }

    private void replyDeadline(TunnelStream stream) {
        if (stream.awaitingReply != null) {
            writeReset(stream.id(), Http2.CANCEL);
            stream.onConnectionLost(
                    new ResetReason(
                            ResetReason.Kind.LOST,
                            "no answer to CONNECT within "
                                    + limits().connectReply().toMillis()
                                    + " ms"),
                    false);
        }
    }

    @Override
    public void onHeaders(int id, Http2Headers headers, boolean endStream)
            throws Http2.ConnectionError {
        var stream = stream(id);
        if (stream == null) {
            if (!wasOpened(id)) {
                throw new Http2.ConnectionError(
                        Http2.PROTOCOL_ERROR, "HEADERS on stream " + id + ", which is not open");
            }
            return;
        }
        var listening = stream.awaitingReply;
        if (listening == null) {
            // Trailers: they end the stream and say nothing that a tunnel would pass on.
            if (endStream) {
                stream.burstEnd();
                stream.onEndStream();
            } else {
                refuseMalformed(id, "second HEADERS without END_STREAM");
            }
            return;
        }
        int status = status(headers.status());
        if (status < 100) {
            refuseMalformed(id, ":status '" + headers.status() + "'");
            return;
        }
        if (status < 200 && !endStream) {
            return; // An interim response, section 8.1; the final one follows.
        }
        stream.awaitingReply = null;
        floodGuard.earn();
        var reply = new ConnectReply(status, list(headers, HeaderNames.BAGGAGE));
        if (endStream) {
            stream.onEndStream();
        }
        if (!reply.accepted()) {
            if (!endStream) {
                writeReset(id, Http2.CANCEL);
            }
            stream.close();
        }
        listening.onReply(stream, reply);
    }

    private static int status(@Nullable CharSequence text) {
        if (text == null || text.length() != 3) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < 3; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    static Optional<String> text(@Nullable CharSequence value) {
        return value == null ? Optional.empty() : Optional.of(value.toString());
    }

    /// A header whose value is a list may come in several fields (RFC 9110 section 5.3).
    static Optional<String> list(Http2Headers headers, AsciiString name) {
        var first = headers.get(name);
        if (first == null) {
            return Optional.empty();
        }
        var all = headers.getAll(name);
        return Optional.of(all.size() == 1 ? first.toString() : String.join(",", all));
    }

    @Override
    void onGoAway(int lastStream, int code) {
        draining = true;
        loseAbove(
                lastStream,
                new ResetReason(ResetReason.Kind.LOST, "tunnel is going away, code " + code));
        listener.onCapacity(this);
        closeIfDrained();
    }

    @Override
    void onStreamClosed(TunnelStream stream) {
        forget(stream);
        idleSince = now();
        if (!isDead()) {
            listener.onCapacity(this);
            closeIfDrained();
        }
    }

    private void closeIfDrained() {
        if (draining && streamCount() == 0 && !isDead()) {
            // The last stream's last bytes may not have been flushed, and a close drops those.
            ctx().flush();
            closeWith(new ResetReason(ResetReason.Kind.LOCAL, "tunnel drained"));
        }
    }

    @Override
    void onSettings() {
        idleSince = now();
        listener.onCapacity(this);
    }

    @Override
    void onDead(ResetReason reason) {
        listener.onClosed(this, reason);
    }

    @Override
    int[] ownSettings() {
        return new int[] {
            Http2.S_ENABLE_PUSH, 0,
            Http2.S_INITIAL_WINDOW_SIZE, limits().streamWindowBytes(),
            Http2.S_MAX_FRAME_SIZE, limits().maxFrameBytes(),
            Http2.S_MAX_HEADER_LIST_SIZE, limits().maxHeaderListBytes()
        };
    }

    @Override
    boolean wasOpened(int id) {
        return (id & 1) == 1 && id < nextStream;
    }

    @Override
    int lastPeerStream() {
        return 0;
    }

    /// Cancels the deadline, whatever the answer is.
    private record Awaiting(TunnelStream.ReplyListener to, Future<?> deadline)
            implements TunnelStream.ReplyListener {
        @Override
        public void onReply(TunnelStream stream, ConnectReply reply) {
            deadline.cancel(false);
            to.onReply(stream, reply);
        }

        @Override
        public void onLost(ResetReason reason, boolean unprocessed) {
            deadline.cancel(false);
            to.onLost(reason, unprocessed);
        }
    }
}
