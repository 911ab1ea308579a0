package dev.ambit.hbone;

import dev.ambit.hbone.frames.Http2;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// One stream of a tunnel: its two directions, its two windows, and what waits to be sent.
final class TunnelStream implements HboneStream {
    private final TunnelConnection connection;
    private final int id;

    private @Nullable Inlet inlet;

    /// What arrived before `attach`; the window bounds it.
    private @Nullable ArrayDeque<ByteBuf> early;

    private final ArrayDeque<ByteBuf> queue = new ArrayDeque<>(4);
    private boolean endQueued;
    private boolean endSent;
    private boolean endReceived;
    private boolean closed;

    /// The peer has stopped reading after it had sent everything (RST_STREAM with NO_ERROR or
    /// CANCEL after END_STREAM): not a failure unless there is more to send.
    private boolean outputDead;

    /// What the peer lets us send, section 6.9; negative after it shrank its initial window.
    int sendWindow;

    /// What we let the peer send.
    private int receiveWindow;

    /// Delivered and not granted yet.
    private int unread;

    /// Granted and not yet told to the peer.
    private int owed;

    /// In the connection's round of streams that want to send.
    boolean queuedForSending;

    /// Client side: waits for the answer. Gone once it came.
    @Nullable ReplyListener awaitingReply;

    /// Server side: not answered yet.
    @Nullable Runnable abandoned;

    interface ReplyListener {
        void onReply(TunnelStream stream, ConnectReply reply);

        /// @param unprocessed the peer surely did nothing about it, so it may be asked again
        void onLost(ResetReason reason, boolean unprocessed);
    }

    TunnelStream(TunnelConnection connection, int id, int sendWindow, int receiveWindow) {
        this.connection = connection;
        this.id = id;
        this.sendWindow = sendWindow;
        this.receiveWindow = receiveWindow;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public EventLoop loop() {
        return connection.loop();
    }

    @Override
    public void attach(Inlet to) {
        inlet = to;
        var waiting = early;
        early = null;
        if (waiting != null) {
            for (var bytes : waiting) {
                to.onBytes(bytes);
            }
            to.onBurstEnd();
        }
        if (endReceived) {
            to.onEnd();
        } else if (closed) {
            to.onReset(new ResetReason(ResetReason.Kind.PEER, "stream was reset"));
        }
    }

    @Override
    public void write(ByteBuf bytes) {
        if (closed || endQueued) {
            bytes.release();
            return;
        }
        if (outputDead) {
            bytes.release();
            fail(new ResetReason(ResetReason.Kind.PEER, "peer stopped reading"));
            return;
        }
        if (!bytes.isReadable()) {
            bytes.release();
            return;
        }
        queue.add(bytes);
        connection.wantsToSend(this);
    }

    @Override
    public void flush() {
        connection.send();
    }

    @Override
    public void endOutput() {
        if (closed || endQueued) {
            return;
        }
        endQueued = true;
        if (outputDead) {
            endSent = true;
            closeIfDone();
            return;
        }
        connection.wantsToSend(this);
        connection.send();
    }

    @Override
    public void reset(ResetReason reason) {
        if (!closed) {
            connection.writeReset(id, code(reason));
            close();
        }
    }

    @Override
    public void grant(int bytes) {
        if (closed) {
            return; // Returned to the connection when the stream closed.
        }
        unread -= bytes;
        connection.read(bytes);
        if (endReceived) {
            return;
        }
        owed += bytes;
        if (owed >= connection.limits().streamWindowBytes() / 2) {
            connection.writeWindowUpdate(id, owed);
            receiveWindow += owed;
            owed = 0;
        }
    }

    // ---- called by the connection

    ByteBuf takeQueued(int most) {
        var head = queue.element();
        if (head.readableBytes() <= most) {
            queue.remove();
            return head;
        }
        return head.readRetainedSlice(most);
    }

    boolean hasQueued() {
        return !queue.isEmpty();
    }

    boolean canSend() {
        return !closed && ((!queue.isEmpty() && sendWindow > 0) || (endDue() && !endSent));
    }

    /// Everything was sent, and END_STREAM is what comes next.
    boolean endDue() {
        return endQueued && queue.isEmpty();
    }

    void sent(int bytes) {
        sendWindow -= bytes;
        if (inlet != null) {
            inlet.onTaken(bytes);
        }
    }

    void endWasSent() {
        endSent = true;
        closeIfDone();
    }

    /// @return false when the peer sent more than it may
    boolean consumeWindow(int length) {
        receiveWindow -= length;
        return receiveWindow >= 0;
    }

    /// @return true: delivered, or kept until `attach`; false: nobody wants it
    boolean deliver(ByteBuf bytes) {
        if (closed || endReceived) {
            return false;
        }
        unread += bytes.readableBytes();
        if (inlet != null) {
            inlet.onBytes(bytes);
        } else {
            if (early == null) {
                early = new ArrayDeque<>();
            }
            early.add(bytes);
        }
        return true;
    }

    /// Padding is nobody's: its credit returns at once.
    void returnPadding(int padding) {
        unread += padding;
        grant(padding);
    }

    void burstEnd() {
        if (inlet != null && !closed) {
            inlet.onBurstEnd();
        }
    }

    void onEndStream() {
        if (closed || endReceived) {
            return;
        }
        endReceived = true;
        if (inlet != null) {
            inlet.onEnd();
        }
        closeIfDone();
    }

    void onRstStream(int code) {
        boolean polite = code == Http2.NO_ERROR || code == Http2.CANCEL;
        if (polite && endReceived && queue.isEmpty()) {
            outputDead = true;
            if (endQueued) {
                endSent = true;
            }
            closeIfDone();
            return;
        }
        var reason = new ResetReason(ResetReason.Kind.PEER, "peer reset the stream, code " + code);
        if (awaitingReply != null) {
            var listener = awaitingReply;
            awaitingReply = null;
            close();
            listener.onLost(reason, code == Http2.REFUSED_STREAM);
            return;
        }
        fail(reason);
    }

    void onConnectionLost(ResetReason reason, boolean unprocessed) {
        if (awaitingReply != null) {
            var listener = awaitingReply;
            awaitingReply = null;
            close();
            listener.onLost(reason, unprocessed);
            return;
        }
        fail(reason);
    }

    /// Ends both directions without telling the peer.
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        queue.forEach(ByteBuf::release);
        queue.clear();
        if (early != null) {
            early.forEach(ByteBuf::release);
            early = null;
        }
        // The reader may be gone for good: what it did not read must not stay with the
        // connection's account, or it would starve every other stream.
        connection.read(unread);
        unread = 0;
        connection.onStreamClosed(this);
    }

    boolean endReceived() {
        return endReceived;
    }

    private void fail(ResetReason reason) {
        if (closed) {
            return;
        }
        var gone = abandoned;
        abandoned = null;
        var to = inlet;
        close();
        if (to != null) {
            to.onReset(reason);
        }
        if (gone != null) {
            gone.run();
        }
    }

    private void closeIfDone() {
        if (endSent && endReceived && !closed) {
            // What is unread stays readable: only the account with the connection is settled.
            closed = true;
            connection.read(unread);
            unread = 0;
            connection.onStreamClosed(this);
        }
    }

    private static int code(ResetReason reason) {
        return switch (reason.kind()) {
            // RFC 9113 section 8.5: a TCP error of the tunnelled connection.
            case PEER, LOST -> Http2.CONNECT_ERROR;
            case LOCAL -> Http2.CANCEL;
        };
    }
}
