package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// One exchange, while it is a connection's turn.
abstract sealed class Turn implements HttpStream permits ServerTurn, ClientTurn {
    /// How what is written becomes a message's body.
    enum Out {
        NOT_BEGUN,
        /// It waits for the peer to agree to another protocol.
        HELD,
        /// The message has none: what is written is dropped.
        NONE,
        FIXED,
        CHUNKED,
        UNTIL_CLOSE,
        RAW,
        ENDED
    }

    final Http1Connection connection;
    private final long sentBefore;
    private final long receivedBefore;
    private long sentAfter = -1;
    private long receivedAfter;

    Out out = Out.NOT_BEGUN;
    long outRemaining;

    /// Delivered, and not granted yet.
    private int outstanding;

    private int dropped;

    /// Written while it isn't known whether the peer will understand it: at most what the user
    /// writes without being told that it was taken.
    private @Nullable ArrayDeque<ByteBuf> held;

    private boolean heldEnd;

    /// Nothing more is told to it, and nothing more taken from it.
    private boolean over;

    HttpStream.@Nullable Inlet inlet;

    /// What was taken of an answer that was written before there was an inlet.
    private int takenEarly;

    /// @param read bytes that have come of it
    Turn(Http1Connection connection, int read) {
        this.connection = connection;
        sentBefore = connection.sent();
        receivedBefore = connection.received() - read;
    }

    boolean over() {
        return over;
    }

    /// Once. What is outstanding is returned: nobody will.
    void finish() {
        if (over) {
            return;
        }
        over = true;
        if (held != null) {
            held.forEach(ByteBuf::release);
            held = null;
        }
        sentAfter = connection.sent();
        receivedAfter = connection.received();
        int left = outstanding;
        outstanding = 0;
        connection.granted(left);
    }

    private void hold(ByteBuf bytes) {
        if (held == null) {
            held = new ArrayDeque<>(4);
        }
        held.add(bytes);
    }

    /// After `HELD`.
    ///
    /// @param agreed whether bytes go out raw now; else what was held is dropped
    void answered(boolean agreed) {
        if (out != Out.HELD) {
            return;
        }
        out = agreed ? Out.RAW : Out.NONE;
        var waiting = held;
        held = null;
        if (waiting != null) {
            waiting.forEach(this::writeData);
        }
        if (heldEnd || !agreed) {
            end(new Headers());
        }
        flush();
    }

    void deliver(ByteBuf bytes) {
        outstanding += bytes.readableBytes();
        var to = inlet;
        if (to == null) {
            bytes.release();
        } else {
            to.onData(bytes);
        }
    }

    void inletTaken(int bytes) {
        if (inlet != null) {
            inlet.onTaken(bytes);
        } else {
            takenEarly += bytes;
        }
    }

    void inlet(HttpStream.Inlet to) {
        inlet = to;
        if (takenEarly > 0) {
            int early = takenEarly;
            takenEarly = 0;
            to.onTaken(early);
        }
    }

    void inletReset(StreamReset reason) {
        if (!over) {
            finish();
            if (inlet != null) {
                inlet.onReset(reason);
            }
        }
    }

    @Override
    public EventLoop loop() {
        return connection.duplex().loop();
    }

    @Override
    public void writeData(ByteBuf bytes) {
        int count = bytes.readableBytes();
        if (over || count == 0 || out == Out.NOT_BEGUN || out == Out.ENDED) {
            bytes.release();
            return;
        }
        switch (out) {
            case NONE -> {
                dropped += count;
                bytes.release();
            }
            case HELD -> hold(bytes);
            case FIXED -> fixed(bytes, count);
            case CHUNKED -> connection.writeChunk(this, bytes);
            case UNTIL_CLOSE, RAW -> connection.writeBody(this, bytes);
            case NOT_BEGUN, ENDED -> throw new AssertionError("seen above");
        }
    }

    /// More than was announced would be the next message for the peer.
    private void fixed(ByteBuf bytes, int count) {
        if (count > outRemaining) {
            dropped += (int) (count - outRemaining);
            bytes.writerIndex(bytes.readerIndex() + (int) outRemaining);
        }
        outRemaining -= bytes.readableBytes();
        connection.writeBody(this, bytes);
    }

    @Override
    public void end(Headers trailers) {
        if (over || out == Out.ENDED) {
            return;
        }
        var how = out;
        out = Out.ENDED;
        switch (how) {
            case NOT_BEGUN -> reset(local("ended before its head was sent"));
            case FIXED -> {
                if (outRemaining > 0) {
                    reset(local("ended " + outRemaining + " bytes before its content-length"));
                } else {
                    connection.outputEnded(this, false);
                }
            }
            case CHUNKED -> {
                connection.writeLastChunk(trailers);
                connection.outputEnded(this, false);
            }
            case NONE -> connection.outputEnded(this, false);
            case HELD -> {
                out = Out.HELD;
                heldEnd = true;
            }
            case UNTIL_CLOSE, RAW -> connection.outputEnded(this, true);
            case ENDED -> throw new AssertionError("seen above");
        }
    }

    private static StreamReset local(String detail) {
        return new StreamReset(StreamReset.Kind.LOCAL, detail);
    }

    @Override
    public void flush() {
        if (dropped > 0) {
            int now = dropped;
            dropped = 0;
            inletTaken(now);
        }
        connection.flush();
    }

    @Override
    public void reset(StreamReset reason) {
        if (!over) {
            finish();
            connection.abort(reason);
        }
    }

    @Override
    public void grant(int bytes) {
        int some = Math.min(bytes, outstanding);
        if (some > 0) {
            outstanding -= some;
            connection.granted(some);
        }
    }

    @Override
    public long wireBytesSent() {
        return (sentAfter < 0 ? connection.sent() : sentAfter) - sentBefore;
    }

    @Override
    public long wireBytesReceived() {
        return (sentAfter < 0 ? connection.received() : receivedAfter) - receivedBefore;
    }
}
