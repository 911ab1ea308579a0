package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.http.ServerStream;
import dev.ambit.waypoint.model.ChainTable;
import dev.ambit.waypoint.model.HttpChain;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.model.WaypointModel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A caller's HTTP connection: makes a story of each request, and ends when it is idle, old, or to
/// be drained. On its loop.
///
/// Each request gets the chain that its destination has then, so that a policy that was changed
/// counts from the next request on, and not only for new connections.
final class HttpConnection implements ServerConnection.Handler, Live.Drainable {
    private final Worker worker;
    private final ConnectionInfo info;
    private HttpChain chain;
    private WaypointModel model;
    private @Nullable ServerConnection codec;
    private @Nullable IdleTimer idle;
    private @Nullable Future<?> lifetime;
    private int exchanges;
    private long requests;
    private boolean draining;
    private boolean closed;

    private HttpConnection(
            Worker worker, ConnectionInfo info, HttpChain chain, WaypointModel model) {
        this.worker = worker;
        this.info = info;
        this.chain = chain;
        this.model = model;
    }

    static void begin(
            Worker worker,
            ServerCodecs codecs,
            ConnectionInfo info,
            HttpChain chain,
            WaypointModel model,
            HttpVersion version,
            Duplex bytes) {
        var connection = new HttpConnection(worker, info, chain, model);
        connection.start(codecs, version, bytes);
    }

    private void start(ServerCodecs codecs, HttpVersion version, Duplex bytes) {
        var options = chain.options();
        if (!options.maxConnectionDuration().isZero()) {
            lifetime =
                    worker.loop()
                            .schedule(
                                    this::drain,
                                    options.maxConnectionDuration().toNanos(),
                                    TimeUnit.NANOSECONDS);
        }
        watchIdle();
        var opened = codecs.open(version, bytes, options, this);
        codec = opened;
        if (closed) {
            return;
        }
        worker.live().add(this);
        if (draining) {
            opened.drain();
        }
    }

    Worker worker() {
        return worker;
    }

    ConnectionInfo info() {
        return info;
    }

    boolean draining() {
        return draining;
    }

    // ---- requests

    @Override
    public HttpStream.Inlet onRequest(ServerStream stream, RequestHead head, boolean bodyFollows) {
        exchanges++;
        requests++;
        stopIdle();
        renewChain();
        long most = chain.options().maxRequestsPerConnection();
        if (most > 0 && requests >= most) {
            drain();
        }
        var story = new HttpExchangeStory(this, chain, stream, head);
        story.begin(bodyFollows);
        return story;
    }

    private void renewChain() {
        var newest = worker.model().get();
        if (newest == model) {
            return;
        }
        model = newest;
        var match = newest.chains().find(info.connectAuthority(), info.originalDst());
        if (match instanceof ChainTable.Match.Found(var rule)) {
            switch (rule.from(info.source())) {
                case PortRule.Http(var http) -> chain = http;
                case PortRule.Auto(var http, _, _) -> chain = http;
                case PortRule.Tcp _, PortRule.BySource _ -> drain();
            }
        } else {
            // Requests go on by the last chain that was known; no new connection comes here.
            drain();
        }
    }

    void ended(HttpExchangeStory story) {
        exchanges--;
        if (exchanges == 0 && !closed) {
            watchIdle();
        }
    }

    @Override
    public void onRejected(ServerConnection.Rejected rejected) {
        var about =
                new StreamInfo(info, worker.micros().getAsLong(), worker.nanoTime().getAsLong());
        about.version = rejected.version();
        about.responseCode = rejected.status();
        about.responseCodeDetails = rejected.details();
        about.terminationDetails = rejected.cause();
        about.flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
        about.endNanos = about.startNanos;
        chain.telemetry().onEnd(about);
    }

    // ---- the connection

    private void watchIdle() {
        long nanos = chain.options().idleTimeout().toNanos();
        if (nanos > 0) {
            idle = new IdleTimer(worker.loop(), worker.nanoTime(), nanos, this::drain);
        }
    }

    private void stopIdle() {
        if (idle != null) {
            idle.stop();
            idle = null;
        }
    }

    @Override
    public void drain() {
        if (draining) {
            return;
        }
        draining = true;
        if (codec != null) {
            codec.drain();
        }
    }

    @Override
    public void onClosed() {
        closed = true;
        stopIdle();
        if (lifetime != null) {
            lifetime.cancel(false);
        }
        worker.live().remove(this);
    }
}
