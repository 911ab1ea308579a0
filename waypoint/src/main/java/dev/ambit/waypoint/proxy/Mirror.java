package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.route.MirrorPolicy;
import dev.ambit.waypoint.route.Timeouts;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.PickContext;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import dev.ambit.waypoint.upstream.UpstreamHost;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A copy of a request, sent and forgotten: whatever comes back is dropped. On its loop; owns the
/// copy of the body.
final class Mirror implements Upstream.RequestListener, ClientStream.Inlet {
    private final Worker worker;
    private final RequestHead head;
    private final Headers trailers;
    private ByteBuf body;
    private Upstream.@Nullable Cancel waiting;
    private @Nullable ClientStream stream;
    private @Nullable Future<?> timer;
    private boolean over;

    private Mirror(Worker worker, RequestHead head, ByteBuf body, Headers trailers) {
        this.worker = worker;
        this.head = head;
        this.body = body;
        this.trailers = trailers;
    }

    static void send(
            Worker worker,
            MirrorPolicy policy,
            Permit permit,
            RequestHead request,
            StreamInfo info,
            RequestBody body,
            Timeouts timeouts) {
        var name = policy.cluster(request);
        var upstream = name.isEmpty() ? null : worker.upstreams().find(name);
        if (upstream == null || !worker.live().tryMirror(worker.limits().mirrorsInFlight())) {
            return;
        }
        var head = policy.copy(request, info.span != null);
        var end = body.trailers();
        var mirror =
                new Mirror(
                        worker,
                        head,
                        body.view(Integer.MAX_VALUE),
                        end == null ? new Headers() : end.copy());
        var context =
                new PickContext(
                        info.connection(),
                        OptionalLong.empty(),
                        request.version(),
                        head.authority(),
                        false,
                        List.of(),
                        List.of(),
                        1);
        mirror.begin(upstream, context, permit, timeouts.globalMillis());
    }

    private void begin(Upstream upstream, PickContext context, Permit permit, long millis) {
        if (millis > 0) {
            timer = worker.loop().schedule(this::tooLong, millis, TimeUnit.MILLISECONDS);
        }
        var cancel = upstream.request(context, permit, this);
        if (stream == null && !over) {
            waiting = cancel;
        }
    }

    @Override
    public void onReady(
            UpstreamHost host, ClientConnection connection, Upstream.ConnectionFacts facts) {
        waiting = null;
        boolean bodyFollows = body.isReadable() || !trailers.isEmpty();
        var to = connection.send(head, bodyFollows, this);
        stream = to;
        if (bodyFollows && !over) {
            var bytes = body;
            body = Unpooled.EMPTY_BUFFER;
            if (bytes.isReadable()) {
                to.writeData(bytes);
            } else {
                bytes.release();
            }
            to.end(trailers);
        }
        to.flush();
    }

    @Override
    public void onFailed(UpstreamFailure failure) {
        finish();
    }

    @Override
    public void onInformational(ResponseHead interim) {}

    @Override
    public void onHead(ResponseHead response, boolean bodyFollows) {}

    @Override
    public void onData(ByteBuf bytes) {
        int size = bytes.readableBytes();
        bytes.release();
        if (stream != null) {
            stream.grant(size);
        }
    }

    @Override
    public void onBurstEnd() {}

    @Override
    public void onEnd(Headers last) {
        finish();
    }

    @Override
    public void onReset(StreamReset reason) {
        finish();
    }

    @Override
    public void onTaken(int bytes) {}

    private void tooLong() {
        timer = null;
        if (waiting != null) {
            waiting.cancel();
        }
        if (stream != null) {
            stream.reset(new StreamReset(StreamReset.Kind.LOCAL, "a mirror's time is over"));
        }
        finish();
    }

    private void finish() {
        if (over) {
            return;
        }
        over = true;
        if (timer != null) {
            timer.cancel(false);
        }
        body.release();
        body = Unpooled.EMPTY_BUFFER;
        worker.live().mirrorDone();
    }
}
