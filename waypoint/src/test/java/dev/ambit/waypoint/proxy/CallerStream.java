package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.ServerStream;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A caller's exchange in memory: keeps what is answered. Takes bytes as they are flushed, unless
/// it reads slowly.
final class CallerStream implements ServerStream {
    private final EventLoop loop;
    HttpStream.@Nullable Inlet inlet;
    final List<ResponseHead> interim = new ArrayList<>();
    @Nullable ResponseHead head;
    @Nullable Headers trailers;
    @Nullable StreamReset reset;
    final StringBuilder body = new StringBuilder();
    boolean bodyFollows;
    boolean slow;
    int granted;
    private int untaken;

    CallerStream(EventLoop loop) {
        this.loop = loop;
    }

    void data(String text) {
        var to = inlet();
        to.onData(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
        to.onBurstEnd();
    }

    void end() {
        inlet().onEnd(new Headers());
    }

    void take(int bytes) {
        untaken -= bytes;
        inlet().onTaken(bytes);
    }

    HttpStream.Inlet inlet() {
        return Objects.requireNonNull(inlet, "no request yet");
    }

    ResponseHead head() {
        return Objects.requireNonNull(head, "no response yet");
    }

    Headers trailers() {
        return Objects.requireNonNull(trailers, "no end yet");
    }

    int untaken() {
        return untaken;
    }

    int status() {
        return head == null ? 0 : head.status();
    }

    @Nullable String header(String name) {
        return head == null ? null : head.headers().get(name);
    }

    @Override
    public void informational(ResponseHead interimHead) {
        interim.add(interimHead);
    }

    @Override
    public void respond(ResponseHead response, boolean follows) {
        if (head != null) {
            throw new IllegalStateException("two responses");
        }
        head = response;
        bodyFollows = follows;
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public void writeData(ByteBuf bytes) {
        if (trailers != null || !bodyFollows) {
            throw new IllegalStateException("data without a place for it");
        }
        untaken += bytes.readableBytes();
        body.append(bytes.toString(StandardCharsets.ISO_8859_1));
        bytes.release();
    }

    @Override
    public void end(Headers last) {
        if (trailers != null) {
            throw new IllegalStateException("two ends");
        }
        trailers = last;
    }

    @Override
    public void flush() {
        if (!slow && untaken > 0 && inlet != null) {
            take(untaken);
        }
    }

    @Override
    public void reset(StreamReset reason) {
        reset = reason;
    }

    @Override
    public void grant(int bytes) {
        granted += bytes;
    }

    @Override
    public long wireBytesSent() {
        return body.length();
    }

    @Override
    public long wireBytesReceived() {
        return 0;
    }
}
