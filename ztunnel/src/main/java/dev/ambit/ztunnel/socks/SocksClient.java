package dev.ambit.ztunnel.socks;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.SocketDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The application's end of a connection that was asked for by SOCKS. First it is talked to in
/// SOCKS; then it is the byte stream that the rest takes it for. It is told of success when it is
/// joined with the other end, and not before.
final class SocksClient implements Duplex, Duplex.Inlet {
    /// More than the longest greeting and the longest request together.
    static final int MOST_UNPARSED = 1024;

    private static final ResetReason REFUSED =
            new ResetReason(ResetReason.Kind.LOCAL, "refused client does not close");

    private final SocketDuplex socket;
    private final Requests requests;
    private final SocksLimits limits;

    /// On the heap: there is nothing to release.
    private final ByteBuf unparsed = Unpooled.buffer(64, MOST_UNPARSED);

    private final ArrayDeque<ByteBuf> early = new ArrayDeque<>(2);
    private State state = State.GREETING;
    private @Nullable Inlet inlet;
    private @Nullable ResetReason lost;
    private @Nullable Future<?> closing;
    private boolean ended;

    private enum State {
        GREETING,
        REQUEST,
        /// The request is known; the other end is not there yet.
        CONNECTING,
        JOINED,
        OVER
    }

    /// Who is told what the client wants. On the client's loop.
    interface Requests {
        void onRequest(SocksClient client, Socks5.Request request);

        void onBad(SocksClient client, String why);
    }

    SocksClient(SocketDuplex socket, Requests requests, SocksLimits limits) {
        this.socket = socket;
        this.requests = requests;
        this.limits = limits;
    }

    void start() {
        socket.attach(this);
    }

    boolean isAsking() {
        return state == State.GREETING || state == State.REQUEST;
    }

    /// Tells it that nothing comes of it, and why: one of the codes of `Socks5`.
    void refuse(int code) {
        state = State.OVER;
        var answer = Socks5.refusal(code);
        if (answer.length > 0) {
            socket.prelude(Unpooled.wrappedBuffer(answer));
        }
        // The answer is followed by the end, not by a reset that could overtake it.
        socket.endOutput();
        socket.grant(dropHeld());
        if (!ended) {
            closing =
                    loop().schedule(
                                    () -> socket.reset(REFUSED),
                                    limits.closing().toNanos(),
                                    TimeUnit.NANOSECONDS);
        }
    }

    private int dropHeld() {
        int bytes = 0;
        for (var waiting : early) {
            bytes += waiting.readableBytes();
            waiting.release();
        }
        early.clear();
        return bytes;
    }

    // ---- from the socket

    @Override
    public void onBytes(ByteBuf bytes) {
        switch (state) {
            case GREETING, REQUEST -> parse(bytes);
            case CONNECTING -> early.add(bytes);
            case JOINED -> to().onBytes(bytes);
            case OVER -> {
                socket.grant(bytes.readableBytes());
                bytes.release();
            }
        }
    }

    private void parse(ByteBuf bytes) {
        int take = Math.min(bytes.readableBytes(), unparsed.maxWritableBytes());
        unparsed.writeBytes(bytes, take);
        socket.grant(take);
        if (bytes.isReadable()) {
            early.add(bytes);
        } else {
            bytes.release();
        }
        if (state == State.GREETING) {
            step(Socks5.greeting(unparsed));
        }
        if (state == State.REQUEST) {
            step(Socks5.request(unparsed));
        }
    }

    private void step(Socks5.Message message) {
        switch (message) {
            case Socks5.Message.Incomplete() -> {}
            case Socks5.Message.Greeting() -> {
                state = State.REQUEST;
                socket.prelude(Unpooled.wrappedBuffer(Socks5.noAuthentication()));
            }
            case Socks5.Request request -> {
                state = State.CONNECTING;
                requests.onRequest(this, request);
            }
            case Socks5.Message.Bad(var code, var why) -> {
                refuse(code);
                requests.onBad(this, why);
            }
        }
    }

    @Override
    public void onBurstEnd() {
        if (state == State.JOINED) {
            to().onBurstEnd();
        }
    }

    @Override
    public void onEnd() {
        ended = true;
        stopClosing();
        switch (state) {
            case GREETING, REQUEST -> {
                refuse(Socks5.SILENCE);
                requests.onBad(this, "client left before it asked for anything");
            }
            case JOINED -> to().onEnd();
            case CONNECTING, OVER -> {}
        }
    }

    @Override
    public void onReset(ResetReason reason) {
        lost = reason;
        stopClosing();
        switch (state) {
            case GREETING, REQUEST -> {
                state = State.OVER;
                dropHeld();
                requests.onBad(this, reason.detail());
            }
            case JOINED -> to().onReset(reason);
            case CONNECTING -> dropHeld();
            case OVER -> {}
        }
    }

    private void stopClosing() {
        if (closing != null) {
            closing.cancel(false);
        }
    }

    @Override
    public void onTaken(int bytes) {
        if (state == State.JOINED) {
            to().onTaken(bytes);
        }
    }

    private Inlet to() {
        return java.util.Objects.requireNonNull(inlet, "joined without an inlet");
    }

    // ---- from the other end

    @Override
    public EventLoop loop() {
        return socket.loop();
    }

    @Override
    public void attach(Inlet other) {
        if (state == State.CONNECTING) {
            greet();
        }
        inlet = other;
        var reason = lost;
        if (reason != null) {
            other.onReset(reason);
            return;
        }
        if (unparsed.isReadable()) {
            // Taken and granted already; what the other end takes of it is granted once more, so it
            // is counted as held again.
            var first = unparsed.readRetainedSlice(unparsed.readableBytes());
            socket.grant(-first.readableBytes());
            early.addFirst(first);
        }
        while (!early.isEmpty()) {
            other.onBytes(early.remove());
        }
        other.onBurstEnd();
        if (ended) {
            other.onEnd();
        }
    }

    /// Said before the first byte of the other end.
    private void greet() {
        state = State.JOINED;
        socket.prelude(Unpooled.wrappedBuffer(Socks5.success()));
    }

    @Override
    public void write(ByteBuf bytes) {
        if (state == State.CONNECTING) {
            greet();
        }
        socket.write(bytes);
    }

    @Override
    public void flush() {
        socket.flush();
    }

    @Override
    public void endOutput() {
        if (state == State.CONNECTING) {
            greet();
        }
        socket.endOutput();
    }

    @Override
    public void reset(ResetReason reason) {
        if (state == State.CONNECTING && lost == null) {
            refuse(Socks5.GENERAL_FAILURE);
            return;
        }
        state = State.OVER;
        dropHeld();
        socket.reset(reason);
    }

    @Override
    public void grant(int bytes) {
        socket.grant(bytes);
    }
}
