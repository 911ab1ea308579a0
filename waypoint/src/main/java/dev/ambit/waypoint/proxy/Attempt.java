package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import dev.ambit.waypoint.upstream.UpstreamHost;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One try of a request at one host: waits for a connection, sends, and tells `Forwarding` what
/// comes back. On its loop.
final class Attempt implements Upstream.RequestListener, ClientStream.Inlet, RequestBody.Sink {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Forwarding forwarding;
    private final Worker worker;
    private final RequestBody body;
    private final RequestBody.Reader reader;
    private Upstream.@Nullable Cancel waiting;
    private @Nullable ClientStream stream;
    private @Nullable UpstreamHost host;
    private @Nullable Future<?> timer;
    private @Nullable Future<?> duration;
    private @Nullable IdleTimer idle;
    private boolean answered;
    private boolean headCame;
    private boolean responseEnded;
    private boolean over;
    private boolean counted;

    /// Whether another attempt was begun for it while it goes on.
    boolean hedged;

    /// Whether its host was told of a timeout already.
    boolean timeoutReported;

    Attempt(Forwarding forwarding, Worker worker, RequestBody body) {
        this.forwarding = forwarding;
        this.worker = worker;
        this.body = body;
        this.reader = body.reader();
    }

    /// @param cancel of what this was given to; the answer may have come already
    void asked(Upstream.Cancel cancel) {
        if (!answered && !over) {
            waiting = cancel;
        } else if (over && !answered) {
            cancel.cancel();
        }
    }

    @Nullable UpstreamHost host() {
        return host;
    }

    RequestBody.Reader reader() {
        return reader;
    }

    boolean awaitsHead() {
        return !headCame;
    }

    /// Whether anything of the request was sent.
    boolean sent() {
        return stream != null;
    }

    // ---- a connection

    @Override
    public void onReady(
            UpstreamHost chosen, ClientConnection connection, Upstream.ConnectionFacts facts) {
        answered = true;
        waiting = null;
        host = chosen;
        var request = forwarding.beforeSending(this, chosen, connection.version(), facts);
        boolean bodyFollows = !body.isNothing();
        if (!bodyFollows) {
            reader.endTold();
        }
        var to = connection.send(request, bodyFollows, this);
        if (over) {
            to.reset(new StreamReset(StreamReset.Kind.LOCAL, "nobody waits for it"));
            return;
        }
        stream = to;
        forwarding.marks().sent();
        if (forwarding.attemptMillis() > 0) {
            duration =
                    worker.loop()
                            .schedule(
                                    () -> forwarding.onDuration(this),
                                    forwarding.attemptMillis(),
                                    TimeUnit.MILLISECONDS);
        }
        startTimers();
        if (bodyFollows) {
            reader.pump(this);
        }
        if (!forwarding.inBurst()) {
            to.flush();
        }
    }

    @Override
    public void onFailed(UpstreamFailure failure) {
        answered = true;
        waiting = null;
        if (!over) {
            over = true;
            host = failure.host();
            forwarding.onFailed(this, failure);
        }
    }

    // ---- times

    /// The attempt's time begins when the whole request has come and there is a connection.
    void startTimers() {
        var times = forwarding.timeouts();
        if (stream == null || over || headCame) {
            return;
        }
        if (times.perTryMillis() > 0 && timer == null && body.ended()) {
            timer =
                    worker.loop()
                            .schedule(
                                    () -> forwarding.onTimeout(this, "upstream_per_try_timeout"),
                                    times.perTryMillis(),
                                    TimeUnit.MILLISECONDS);
        }
        if (times.perTryIdleMillis() > 0 && idle == null) {
            idle =
                    new IdleTimer(
                            worker.loop(),
                            worker.nanoTime(),
                            times.perTryIdleMillis() * NANOS_PER_MILLI,
                            () -> forwarding.onTimeout(this, "upstream_per_try_idle_timeout"));
        }
    }

    private void touch() {
        if (idle != null) {
            idle.touch();
        }
    }

    private void stopTimers() {
        if (duration != null) {
            duration.cancel(false);
        }
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
        if (idle != null) {
            idle.stop();
            idle = null;
        }
    }

    // ---- the request

    void pump() {
        if (stream != null && !over) {
            reader.pump(this);
        }
    }

    void flush() {
        if (stream != null && !over) {
            stream.flush();
        }
    }

    @Override
    public void data(ByteBuf bytes) {
        var to = stream;
        if (to == null || over) {
            bytes.release();
            return;
        }
        touch();
        forwarding.marks().sent();
        to.writeData(bytes);
    }

    @Override
    public void end(Headers trailers) {
        if (stream != null && !over) {
            stream.end(trailers);
            if (!forwarding.inBurst()) {
                stream.flush();
            }
        }
    }

    @Override
    public void onTaken(int bytes) {
        reader.taken(bytes);
    }

    void grant(int bytes) {
        if (stream != null && !over) {
            stream.grant(bytes);
        }
    }

    // ---- the response

    @Override
    public void onInformational(ResponseHead head) {
        if (!over) {
            touch();
            forwarding.onInformational(this, head);
        }
    }

    @Override
    public void onHead(ResponseHead head, boolean bodyFollows) {
        if (over) {
            return;
        }
        headCame = true;
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
        touch();
        forwarding.marks().received();
        forwarding.onHead(this, head, bodyFollows);
    }

    @Override
    public void onData(ByteBuf bytes) {
        if (over) {
            bytes.release();
            return;
        }
        touch();
        forwarding.marks().received();
        forwarding.onData(bytes);
    }

    @Override
    public void onBurstEnd() {
        if (!over) {
            forwarding.flushDownstream();
        }
    }

    @Override
    public void onEnd(Headers trailers) {
        responseEnded = true;
        if (!over) {
            forwarding.marks().received();
            count();
            forwarding.onEnd(this, trailers);
        }
    }

    @Override
    public void onReset(StreamReset reason) {
        responseEnded = true;
        if (!over) {
            over = true;
            stopTimers();
            count();
            forwarding.onReset(this, reason);
        }
    }

    private void count() {
        if (stream != null && !counted) {
            counted = true;
            forwarding.marks().count(stream.wireBytesSent(), stream.wireBytesReceived());
        }
    }

    /// Whether all of the request is sent and all of the response is there.
    boolean complete() {
        return responseEnded && body.ended();
    }

    /// Ends it, without a word to `Forwarding`; idempotent.
    void drop(String why) {
        if (over) {
            return;
        }
        over = true;
        stopTimers();
        var cancel = waiting;
        if (cancel != null) {
            waiting = null;
            cancel.cancel();
        }
        if (stream != null && !complete()) {
            count();
            stream.reset(new StreamReset(StreamReset.Kind.LOCAL, why));
        }
    }
}
