package dev.ambit.waypoint.http1;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What both ends of an HTTP/1 connection do alike: bytes in and out, their credit, the end.
///
/// What has come and can't be read yet, because it belongs to a later turn, is kept and not
/// granted: it is bounded by what the duplex lets be outstanding.
abstract sealed class Http1Connection implements Duplex.Inlet
        permits Http1ServerConnection, Http1ClientConnection {
    /// A long in hexadecimal, and CRLF.
    private static final int CHUNK_HEAD = 18;

    private static final ByteBuf CRLF =
            Unpooled.unreleasableBuffer(
                    Unpooled.directBuffer(2, 2).writeByte('\r').writeByte('\n').asReadOnly());

    private static final Headers NONE = new Headers();

    private final Duplex duplex;
    private final Http1Limits limits;
    private final boolean trailersWanted;
    private final HeaderCase letters;
    private final ArrayDeque<ByteBuf> input = new ArrayDeque<>(4);
    private final TakenLedger ledger = new TakenLedger();
    private boolean pumping;
    private int toGrant;
    private long sent;
    private long received;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean closed;
    private int discarded;
    private @Nullable Future<?> timer;

    Http1Connection(Duplex duplex, Http1Limits limits, boolean trailersWanted, HeaderCase letters) {
        this.duplex = duplex;
        this.limits = limits;
        this.trailersWanted = trailersWanted;
        this.letters = letters;
    }

    final Duplex duplex() {
        return duplex;
    }

    final Http1Limits limits() {
        return limits;
    }

    final long sent() {
        return sent;
    }

    final long received() {
        return received;
    }

    final boolean closed() {
        return closed;
    }

    final boolean inputEnded() {
        return inputEnded;
    }

    final boolean outputOver() {
        return outputEnded;
    }

    final int untaken() {
        return ledger.total();
    }

    /// Counts bytes when it is known whose they are.
    final void read(int bytes) {
        received += bytes;
    }

    /// Whether bytes wait to be read.
    final boolean waiting() {
        var next = input.peek();
        return next != null && (next.isReadable() || input.size() > 1);
    }

    /// Reads some of what has come.
    ///
    /// @return whether to go on: false while it isn't what has come's turn
    abstract boolean consume(ByteBuf in);

    /// After a burst was read.
    abstract void burstRead();

    /// The peer's FIN.
    abstract void ended();

    /// The connection is lost.
    abstract void lost(ResetReason reason);

    /// A turn's message has ended.
    ///
    /// @param last whether nothing can follow it on this connection
    abstract void outputEnded(Turn turn, boolean last);

    /// A turn was reset by its user.
    abstract void abort(StreamReset reason);

    /// Last.
    abstract void onClosed(StreamReset reason);

    // Input.

    @Override
    public final void onBytes(ByteBuf bytes) {
        input.add(bytes);
        pump();
    }

    @Override
    public final void onBurstEnd() {
        burstRead();
    }

    @Override
    public final void onEnd() {
        inputEnded = true;
        pump();
        if (!closed) {
            ended();
        }
    }

    @Override
    public final void onReset(ResetReason reason) {
        if (!closed) {
            lost(reason);
        }
    }

    final void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        try {
            ByteBuf in;
            while (!closed && (in = input.peek()) != null) {
                if (!in.isReadable()) {
                    input.poll();
                    in.release();
                } else if (!consume(in)) {
                    break;
                }
            }
        } finally {
            pumping = false;
        }
        if (closed) {
            releaseInput();
        } else {
            returnCredit();
        }
    }

    /// Later, because who made it possible is still in the middle of something.
    final void pumpLater() {
        if (!input.isEmpty() && !pumping) {
            duplex.loop().execute(this::pumpBurst);
        }
    }

    private void pumpBurst() {
        if (!closed) {
            pump();
            burstRead();
        }
    }

    /// The next `count` bytes, as a buffer of its own: the whole one where nothing else is in it.
    final ByteBuf take(ByteBuf in, int count) {
        if (count == in.readableBytes()) {
            input.poll();
            return in;
        }
        return in.readRetainedSlice(count);
    }

    /// Credit for bytes that nobody else returns: heads, framing, what is thrown away.
    final void granted(int bytes) {
        toGrant += bytes;
        if (!pumping) {
            returnCredit();
        }
    }

    private void returnCredit() {
        int now = toGrant;
        if (now > 0 && !closed) {
            toGrant = 0;
            duplex.grant(now);
        }
    }

    /// Reads without regard to what comes, up to a limit.
    final boolean discard(ByteBuf in) {
        int count = in.readableBytes();
        in.skipBytes(count);
        discarded += count;
        if (discarded <= limits.maxDiscardBytes()) {
            granted(count);
        }
        return true;
    }

    private void releaseInput() {
        ByteBuf left;
        while ((left = input.poll()) != null) {
            left.release();
        }
    }

    // Output.

    @Override
    public void onTaken(int bytes) {
        ledger.taken(bytes);
    }

    final HeadWriter writer() {
        return HeadWriter.start(letters);
    }

    final HeaderCase letters() {
        return letters;
    }

    final void writeHead(HeadWriter head) {
        var bytes = head.toBuffer();
        int count = bytes.readableBytes();
        sent += count;
        ledger.wrote(null, count);
        duplex.write(bytes);
    }

    final void writeBody(Turn turn, ByteBuf bytes) {
        int count = bytes.readableBytes();
        sent += count;
        ledger.wrote(turn, count);
        duplex.write(bytes);
    }

    final void writeChunk(Turn turn, ByteBuf bytes) {
        int count = bytes.readableBytes();
        var head = ByteBufAllocator.DEFAULT.directBuffer(CHUNK_HEAD, CHUNK_HEAD);
        int shift = (31 - Integer.numberOfLeadingZeros(count)) & ~3;
        for (; shift >= 0; shift -= 4) {
            head.writeByte("0123456789abcdef".charAt(count >> shift & 15));
        }
        head.writeByte('\r').writeByte('\n');
        writeFraming(head);
        writeBody(turn, bytes);
        writeFraming(CRLF.duplicate());
    }

    private void writeFraming(ByteBuf bytes) {
        int count = bytes.readableBytes();
        sent += count;
        ledger.wrote(null, count);
        duplex.write(bytes);
    }

    final void writeLastChunk(Headers trailers) {
        var last = writer().lastChunk();
        if (trailersWanted) {
            for (int i = 0; i < trailers.size(); i++) {
                last.field(trailers, i);
            }
        }
        writeHead(last.end());
    }

    final void flush() {
        if (!closed) {
            duplex.flush();
        }
    }

    // The end.

    /// Ends this side and waits for the peer to end its own.
    final void endOutput() {
        if (outputEnded || closed) {
            return;
        }
        outputEnded = true;
        duplex.flush();
        duplex.endOutput();
    }

    final void linger() {
        endOutput();
        if (inputEnded) {
            finish(new StreamReset(StreamReset.Kind.LOCAL, "ended"));
        } else {
            after(limits.closeLinger(), this::lingered);
        }
    }

    private void lingered() {
        kill(new StreamReset(StreamReset.Kind.LOCAL, "the peer kept its side open"));
    }

    /// Ends the connection at once.
    final void kill(StreamReset reason) {
        if (!closed) {
            duplex.reset(new ResetReason(ResetReason.Kind.LOCAL, reason.detail()));
            finish(reason);
        }
    }

    /// Nothing more comes or goes.
    final void finish(StreamReset reason) {
        if (closed) {
            return;
        }
        closed = true;
        cancelTimer();
        if (!pumping) {
            releaseInput();
        }
        onClosed(reason);
    }

    /// One timer at a time.
    final void after(Duration delay, Runnable what) {
        cancelTimer();
        timer = duplex.loop().schedule(what, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    final void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    static Headers none() {
        return NONE;
    }
}
