package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.ConnectReply;
import dev.ambit.hbone.ConnectRequest;
import dev.ambit.hbone.IncomingConnect;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.model.TunnelFront;
import dev.ambit.waypoint.model.WaypointModel;
import dev.ambit.waypoint.proxy.ConnectDispatch.Decision;
import dev.ambit.waypoint.stage.Admission;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.stage.Step;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One request on a tunnel: understand, judge, answer, hand on. On its tunnel's loop.
final class ConnectStory<P> implements Exchange, Admission.Outcome {
    private final Worker worker;
    private final HboneFront<P> front;
    private final WaypointModel model;
    private final TunnelFront settings;
    private final IncomingConnect<P> connect;
    private final String peer;
    private final RequestHead head;
    private StreamInfo info;
    private @Nullable Admission admission;
    private @Nullable PortRule rule;
    private @Nullable Runnable whenEnded;
    private boolean answered;

    ConnectStory(
            Worker worker,
            HboneFront<P> front,
            WaypointModel model,
            TunnelFront settings,
            IncomingConnect<P> connect,
            String peer) {
        this.worker = worker;
        this.front = front;
        this.model = model;
        this.settings = settings;
        this.connect = connect;
        this.peer = peer;
        this.head = head(connect.request());
        this.info = about(null);
    }

    void start() {
        connect.whenAbandoned(this::abandoned);
        switch (ConnectDispatch.decide(connect.request(), model.chains())) {
            case Decision.Refuse(int status, var details, boolean noRoute) -> {
                if (noRoute) {
                    info.flag(ResponseFlag.NO_ROUTE_FOUND);
                }
                refuse(status, details);
            }
            case Decision.TakeAndReset(var destination, var why) -> {
                info = about(destination);
                takeAndReset(why);
            }
            case Decision.Take(var found, var destination) -> {
                info = about(destination);
                rule = found;
                judge();
            }
        }
    }

    private void judge() {
        if (settings.stages().isEmpty()) {
            accept();
            return;
        }
        var judging = new Admission(settings.stages(), this, this);
        admission = judging;
        judging.start();
    }

    private StreamInfo about(@Nullable InetSocketAddress destination) {
        var request = connect.request();
        var connection =
                new ConnectionInfo(
                        peer,
                        front.localPrincipal().get(),
                        connect.remote(),
                        destination,
                        request.authority(),
                        request.baggage(),
                        request.forwardedNetwork(),
                        worker.micros().getAsLong() / 1_000,
                        front.connectionIds().getAsLong());
        connection.source(request.source().orElse(""));
        var about =
                new StreamInfo(
                        connection, worker.micros().getAsLong(), worker.nanoTime().getAsLong());
        about.version = HttpVersion.HTTP_2;
        about.request = head;
        return about;
    }

    private static RequestHead head(ConnectRequest request) {
        var headers = new Headers();
        put(headers, "baggage", request.baggage());
        put(headers, "forwarded", request.forwarded());
        put(headers, "traceparent", request.traceparent());
        put(headers, "x-forwarded-network", request.forwardedNetwork());
        put(headers, "x-istio-source", request.source());
        return new RequestHead(
                HttpVersion.HTTP_2,
                request.method(),
                "https",
                request.authority(),
                "",
                headers,
                null);
    }

    private static void put(Headers headers, String name, Optional<String> value) {
        if (value.isPresent()) {
            headers.add(name, value.get());
        }
    }

    // ---- the answer

    private void accept() {
        var to = rule;
        if (answered || to == null) {
            return;
        }
        answered = true;
        info.responseCode = 200;
        var stream = connect.accept(reply());
        settings.telemetry().onConnect(info.connection());
        settings.telemetry().onConnectEnd(closed());
        Arrival.begin(worker, front.codecs(), info.connection(), to, model, stream);
    }

    private ConnectReply reply() {
        return settings.telemetry().tellsBaggage()
                ? new ConnectReply(200, front.baggage().get())
                : ConnectReply.status(200);
    }

    private void takeAndReset(String why) {
        answered = true;
        info.responseCode = 200;
        var stream = connect.accept(ConnectReply.status(200));
        settings.telemetry().onConnectEnd(closed());
        info.flag(ResponseFlag.NO_ROUTE_FOUND);
        info.terminationDetails = why;
        settings.telemetry().onNoChain(info);
        stream.reset(new ResetReason(ResetReason.Kind.LOCAL, why));
    }

    private void refuse(int status, String details) {
        if (answered) {
            return;
        }
        answered = true;
        info.responseCode = status;
        info.responseCodeDetails = details;
        connect.refuse(status);
        settings.telemetry().onConnectEnd(closed());
    }

    private StreamInfo closed() {
        info.endNanos = worker.nanoTime().getAsLong();
        return info;
    }

    private void abandoned() {
        if (answered) {
            return;
        }
        answered = true;
        info.flag(ResponseFlag.DOWNSTREAM_REMOTE_RESET);
        var callback = whenEnded;
        if (callback != null) {
            whenEnded = null;
            callback.run();
        }
        settings.telemetry().onConnectEnd(closed());
    }

    // ---- what stages come to

    @Override
    public void admitted(Permit permit) {
        accept();
    }

    @Override
    public void answered(LocalReply reply, int stage) {
        reply.flag().ifPresent(info::flag);
        refuse(reply.status(), reply.details());
    }

    /// A CONNECT's body is its tunnel: there is none to look at.
    @Override
    public void needBody(Step.NeedBody need) {
        var judging = admission;
        if (judging != null) {
            judging.body(Unpooled.EMPTY_BUFFER, true);
        }
    }

    @Override
    public boolean skips(HttpStage stage) {
        return false;
    }

    // ---- as stages see it

    @Override
    public EventLoop loop() {
        return worker.loop();
    }

    @Override
    public RequestHead request() {
        return head;
    }

    @Override
    public StreamInfo info() {
        return info;
    }

    @Override
    public Upstreams upstreams() {
        return worker.upstreams();
    }

    @Override
    public @Nullable Object route() {
        return null;
    }

    @Override
    public @Nullable Object routeConfig(String stageName) {
        return null;
    }

    @Override
    public void clearRoute() {}

    @Override
    public void resume(Step step) {
        var judging = admission;
        if (judging != null && !answered) {
            whenEnded = null;
            judging.resume(step);
        }
    }

    @Override
    public boolean ended() {
        return answered;
    }

    @Override
    public void whenEnded(Runnable callback) {
        whenEnded = callback;
    }
}
