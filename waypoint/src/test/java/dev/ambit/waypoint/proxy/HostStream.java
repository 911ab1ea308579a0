package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// An exchange with a host in memory: keeps what is asked.
final class HostStream implements ClientStream {
    private final EventLoop loop;
    final TestHost host;
    final RequestHead request;

    /// As it was when it was sent.
    final RequestHead sent;

    final boolean bodyFollows;
    final ClientStream.Inlet inlet;
    final StringBuilder body = new StringBuilder();
    @Nullable Headers trailers;
    @Nullable StreamReset reset;
    boolean slow;
    int granted;

    // ---- what the test has told of it

    boolean headed;
    boolean over;
    int given;
    private int untaken;

    HostStream(
            EventLoop loop,
            TestHost host,
            RequestHead request,
            boolean bodyFollows,
            ClientStream.Inlet inlet) {
        this.loop = loop;
        this.host = host;
        this.request = request;
        this.sent = request.copy();
        this.bodyFollows = bodyFollows;
        this.inlet = inlet;
    }

    HostStream head(int status, String... headers) {
        return head(status, true, headers);
    }

    HostStream head(int status, boolean follows, String... headers) {
        var all = new Headers();
        for (int at = 0; at < headers.length; at += 2) {
            all.add(headers[at], headers[at + 1]);
        }
        inlet.onHead(new ResponseHead(status, all), follows);
        return this;
    }

    HostStream data(String text) {
        inlet.onData(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
        inlet.onBurstEnd();
        return this;
    }

    void end(String... headers) {
        var last = new Headers();
        for (int at = 0; at < headers.length; at += 2) {
            last.add(headers[at], headers[at + 1]);
        }
        inlet.onEnd(last);
    }

    void answer(int status, String text) {
        if (text.isEmpty()) {
            head(status, false).end();
        } else {
            head(status).data(text).end();
        }
    }

    void lose(StreamReset.Kind kind) {
        inlet.onReset(new StreamReset(kind, "test"));
    }

    Headers trailers() {
        return java.util.Objects.requireNonNull(trailers, "no end yet");
    }

    boolean ended() {
        return !bodyFollows || trailers != null;
    }

    void take(int bytes) {
        untaken -= bytes;
        inlet.onTaken(bytes);
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public void writeData(ByteBuf bytes) {
        if (!bodyFollows || trailers != null) {
            throw new IllegalStateException("data without a place for it");
        }
        untaken += bytes.readableBytes();
        body.append(bytes.toString(StandardCharsets.ISO_8859_1));
        bytes.release();
    }

    @Override
    public void end(Headers last) {
        if (trailers != null || !bodyFollows) {
            throw new IllegalStateException("an end too many");
        }
        trailers = last;
    }

    @Override
    public void flush() {
        if (!slow && untaken > 0) {
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
        return 7;
    }
}
