package dev.ambit.bench.waypoint.peer;

import dev.ambit.hbone.Duplex;
import io.netty.buffer.ByteBuf;

/// One request after the other.
final class Http1Client extends Gathered implements Client {
    private final byte[] request;
    private final Answers answers;
    private boolean busy;
    private boolean over;
    private long due;

    Http1Client(Duplex duplex, byte[] request, Answers answers) {
        super(duplex, Buffers.message());
        this.request = request;
        this.answers = answers;
    }

    @Override
    public void send(long dueNanos) {
        busy = true;
        due = dueNanos;
        duplex.write(Buffers.of(request));
    }

    @Override
    public void flush() {
        duplex.flush();
    }

    @Override
    public boolean hasRoom() {
        return !busy && !over;
    }

    @Override
    void parse(ByteBuf in) {
        int bytes = Http1.messageBytes(in);
        if (bytes > 0) {
            boolean success = Http1.isSuccess(in);
            in.skipBytes(bytes);
            busy = false;
            answers.onAnswer(this, due, success);
        }
    }

    @Override
    void ended() {
        if (!over) {
            over = true;
            answers.onLost(this);
        }
    }
}
