package dev.ambit.waypoint.http2;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One stream: its two directions, its two windows, and what waits to be sent.
abstract class Http2Stream implements HttpStream {
    final Http2Engine engine;
    final int id;
    private @Nullable Inlet inlet;

    private final ArrayDeque<ByteBuf> queue = new ArrayDeque<>(4);
    private int queued;
    private boolean endQueued;
    private @Nullable Headers trailers;
    private boolean endSent;
    private boolean endReceived;
    private boolean closed;

    /// Ended before its time: nobody is told anything more.
    private boolean aborted;

    /// The request was answered and reset before all of the answer could leave: it still does.
    private boolean resetAfterEnd;

    private @Nullable Future<?> flushDeadline;

    /// What the peer lets us send (RFC 9113 section 6.9); negative after it shrank its windows.
    int sendWindow;

    /// What we let the peer send.
    private int receiveWindow;

    /// Delivered and not granted yet.
    private int unread;

    /// Granted and not yet told to the peer.
    private int owed;

    /// In the engine's round of streams that want to send.
    boolean inRound;

    /// Has delivered a head or data in this burst.
    private boolean inBurst;

    /// Body bytes that are still to come; -1 where nobody said.
    private long expected = -1;

    private long sentBytes;
    private long receivedBytes;

    Http2Stream(Http2Engine engine, int id, int sendWindow, int receiveWindow) {
        this.engine = engine;
        this.id = id;
        this.sendWindow = sendWindow;
        this.receiveWindow = receiveWindow;
    }

    final void inlet(Inlet to) {
        if (!aborted) {
            inlet = to;
        }
    }

    final boolean isClosed() {
        return closed;
    }

    final boolean endReceived() {
        return endReceived;
    }

    final boolean endSent() {
        return endSent;
    }

    final void countSent(int bytes) {
        sentBytes += bytes;
    }

    final void countReceived(int bytes) {
        receivedBytes += bytes;
    }

    @Override
    public final long wireBytesSent() {
        return sentBytes;
    }

    @Override
    public final long wireBytesReceived() {
        return receivedBytes;
    }

    @Override
    public final EventLoop loop() {
        return engine.loop();
    }

    // ---- for its user

    @Override
    public final void writeData(ByteBuf bytes) {
        int length = bytes.readableBytes();
        if (closed || endQueued || length == 0) {
            bytes.release();
            if (length > 0 && inlet != null) {
                // The peer has heard enough (`closeOutput`): what comes still is taken.
                inlet.onTaken(length);
            }
            return;
        }
        queue.add(bytes);
        queued += length;
        engine.wantsToSend(this);
    }

    @Override
    public final void end(Headers fields) {
        if (closed || endQueued) {
            return;
        }
        endQueued = true;
        trailers = fields.isEmpty() ? null : fields;
        engine.wantsToSend(this);
        engine.wantFlush();
    }

    /// The head that was written was all.
    final void endedByHead() {
        endQueued = true;
        endWasSent();
    }

    @Override
    public final void flush() {
        engine.wantFlush();
    }

    @Override
    public final void reset(StreamReset reason) {
        aborted = true;
        if (closed) {
            inlet = null;
            return;
        }
        if (reason.kind() == StreamReset.Kind.LOCAL && endQueued && !endSent && answers()) {
            resetAfterEnd = true;
            inlet = null;
            awaitFlush();
            return;
        }
        inlet = null;
        engine.resetStream(this, codeFor(reason));
        close(false);
    }

    /// Whether an end that is queued is worth sending before a reset: of an answer, it is.
    abstract boolean answers();

    abstract int codeFor(StreamReset reason);

    @Override
    public final void grant(int bytes) {
        if (closed) {
            return; // Returned to the connection when the stream closed.
        }
        unread -= bytes;
        engine.read(bytes);
        if (endReceived) {
            return;
        }
        owed += bytes;
        if (owed >= engine.options().streamWindow() / 2) {
            engine.writeWindowUpdate(id, owed);
            receiveWindow += owed;
            owed = 0;
        }
    }

    // ---- sending, for the engine

    final boolean hasQueued() {
        return queued > 0;
    }

    final int queued() {
        return queued;
    }

    /// Whether there is something that the stream's own window lets out.
    final boolean canSend() {
        return !closed && (queued > 0 ? sendWindow > 0 : endQueued && !endSent);
    }

    final boolean endFollows(int bytes) {
        return endQueued && bytes == queued;
    }

    final @Nullable Headers trailers() {
        return trailers;
    }

    /// Passes the next `length` bytes of what is queued to `writer`.
    final void take(int length, FrameWriter writer) {
        int left = length;
        // What is below may be lost while it is written to, and this stream with it.
        while (left > 0 && !closed) {
            var head = queue.element();
            int bytes = head.readableBytes();
            if (bytes <= left) {
                queue.remove();
                writer.payload(head);
                left -= bytes;
            } else {
                writer.payload(head.readRetainedSlice(left));
                left = 0;
            }
        }
        queued -= length;
        sendWindow -= length;
    }

    final void taken(int bytes) {
        if (inlet != null) {
            inlet.onTaken(bytes);
        }
    }

    final void endWasSent() {
        endSent = true;
        if (resetAfterEnd && !endReceived) {
            engine.resetStream(this, Http2.NO_ERROR);
            close(false);
        } else {
            closeIfDone();
        }
    }

    /// The stream's window is all that keeps what was ended from leaving: not for ever.
    final void awaitFlush() {
        if (flushDeadline == null && endQueued && !endSent && !closed) {
            flushDeadline =
                    loop().schedule(
                                    this::notFlushed,
                                    engine.limits().flush().toNanos(),
                                    TimeUnit.NANOSECONDS);
        }
    }

    private void notFlushed() {
        if (!closed && !endSent) {
            engine.resetStream(this, Http2.CANCEL);
            fail(
                    new StreamReset(
                            StreamReset.Kind.LOCAL,
                            "the peer took nothing of what was left for "
                                    + engine.limits().flush().toSeconds()
                                    + " s"));
        }
    }

    // ---- receiving, for the engine

    final void narrow(int bytes) {
        receiveWindow -= bytes;
    }

    final void expect(long bodyBytes) {
        expected = bodyBytes;
    }

    /// @return false when the peer sent more than it may
    final boolean consumeWindow(int length) {
        receiveWindow -= length;
        return receiveWindow >= 0;
    }

    /// Whether `more` body bytes are within what was announced, or, at the end, all of it.
    final boolean fits(int more, boolean end) {
        if (expected < 0) {
            return true;
        }
        expected -= more;
        return end ? expected == 0 : expected >= 0;
    }

    /// @return false: nobody wants it
    final boolean deliver(ByteBuf bytes) {
        if (closed || inlet == null) {
            return false;
        }
        unread += bytes.readableBytes();
        delivered();
        inlet.onData(bytes);
        return true;
    }

    /// A head, or bytes, have come: the inlet is told of the burst's end.
    final void delivered() {
        if (!inBurst) {
            inBurst = true;
            engine.delivered(this);
        }
    }

    /// Not for anybody: its credit returns at once.
    final void discard(int bytes) {
        unread += bytes;
        grant(bytes);
    }

    final void burstEnd() {
        if (inBurst) {
            inBurst = false;
            if (inlet != null) {
                inlet.onBurstEnd();
            }
        }
    }

    /// The head that came was all; `onEndStream` follows once there is an inlet.
    final void endComes() {
        endReceived = true;
    }

    final void onEndStream(Headers fields) {
        endReceived = true;
        burstEnd();
        if (inlet != null) {
            inlet.onEnd(fields);
        }
        closeIfDone();
    }

    /// The peer wants nothing more of what we send, and has sent all of its own.
    final void closeOutput() {
        close(false);
    }

    /// Ended by the peer, or with the connection.
    final void fail(StreamReset reason) {
        if (closed) {
            return;
        }
        aborted = true;
        var to = inlet;
        inlet = null;
        close(reason.kind() == StreamReset.Kind.REMOTE);
        if (to != null) {
            to.onReset(reason);
        }
    }

    private void closeIfDone() {
        if (endSent && endReceived) {
            close(false);
        }
    }

    private void close(boolean byPeer) {
        if (closed) {
            return;
        }
        closed = true;
        if (flushDeadline != null) {
            flushDeadline.cancel(false);
        }
        queue.forEach(ByteBuf::release);
        queue.clear();
        queued = 0;
        // Its reader may be gone for good: what it did not read must not stay with the
        // connection's account, or it would starve every other stream.
        engine.read(unread);
        unread = 0;
        engine.closed(this, byPeer);
    }
}
