package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.ServerStream;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.model.HttpChain;
import dev.ambit.waypoint.route.Grpc;
import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.route.Router;
import dev.ambit.waypoint.stage.Admission;
import dev.ambit.waypoint.stage.BadBody;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.stage.Step;
import dev.ambit.waypoint.telemetry.format.LocalReplyBody;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/// One request and its response: clean the head, admit, route, forward, answer, tell. On its loop.
///
/// What comes from the caller arrives here; what an upstream says arrives by `Forwarding`; an
/// answer, whoever made it, leaves by `respond`.
final class HttpExchangeStory implements HttpStream.Inlet, Exchange, Admission.Outcome {
    private final HttpConnection connection;
    private final Worker worker;
    private final HttpChain chain;
    private final ServerStream downstream;
    private final RequestHead head;
    private final StreamInfo info;
    private final long random;
    private final RequestBody body;
    private final BodyChanges changes = new BodyChanges();
    private final Admission admission;
    private final ExchangeTimers timers;
    private Step.@Nullable NeedBody need;
    private @Nullable RouteDecision route;
    private @Nullable Forwarding forwarding;
    private @Nullable Runnable whenEnded;

    /// Whether stages have begun to see it.
    private boolean judged;

    /// From the head, or data, to the burst's end.
    private boolean burst = true;

    /// Whether telemetry knows of it.
    private boolean told;

    private boolean admitted;
    private boolean responseStarted;
    private boolean responseEnded;
    private boolean finished;

    /// Credit that the response's source has not got back.
    private int owed;

    private long written;
    private long taken;

    HttpExchangeStory(
            HttpConnection connection, HttpChain chain, ServerStream downstream, RequestHead head) {
        this.connection = connection;
        this.worker = connection.worker();
        this.chain = chain;
        this.downstream = downstream;
        this.head = head;
        this.random = worker.random().nextLong();
        this.info =
                new StreamInfo(
                        connection.info(),
                        worker.micros().getAsLong(),
                        worker.nanoTime().getAsLong());
        this.body = new RequestBody(downstream::grant);
        this.admission = new Admission(chain.stages(), this, this);
        this.timers = new ExchangeTimers(this, worker);
    }

    // ---- the head

    /// @param bodyFollows false where only the end will come
    void begin(boolean bodyFollows) {
        info.version = head.version();
        info.request = head;
        info.originalPath = head.path();
        if (!bodyFollows) {
            body.end(new Headers());
            info.requestEndNanos = info.startNanos;
        }
        continueIfAsked();
        info.grpc = Grpc.isRequest(head);
        var refusal = HeadWork.apply(head, chain.options(), info, worker.ids());
        if (refusal != null) {
            if (head.headers().contains("x-forwarded-proto")) {
                // For the log: where it would have gone. Envoy's routes, too, need this field, and
                // it is added to what has none only after a head was found good.
                decision();
            }
            answered(refusal, -1);
            return;
        }
        var decided = decision();
        var route = decided.found();
        told = true;
        var decorator = route == null ? null : route.decorator().orElse(null);
        chain.telemetry()
                .onRequest(
                        info,
                        head,
                        decorator == null ? "" : decorator.operation(),
                        decorator != null && decorator.propagate());
        timers.start(chain.options(), decided, head, body.ended());
        if (!Upgrades.allowed(head, decided, chain.options())) {
            answered(LocalReply.of(403, "", "upgrade_failed"), -1);
            return;
        }
        judged = true;
        admission.start();
    }

    /// HTTP/1 does this in its codec, where the caller's waiting is known.
    private void continueIfAsked() {
        if (head.version() == HttpVersion.HTTP_2
                && !chain.options().proxy100Continue()
                && "100-continue".equalsIgnoreCase(head.headers().get("expect"))) {
            head.headers().remove("expect");
            downstream.informational(new ResponseHead(100, new Headers()));
        }
    }

    private RouteDecision decision() {
        var known = route;
        if (known != null) {
            return known;
        }
        var decided = Router.decide(chain.routes(), head, info, random);
        route = decided;
        var found = decided.found();
        info.routeName = found == null ? "" : found.name();
        if (found != null) {
            info.routeMetadata = found.metadata();
        }
        info.clusterName =
                decided instanceof RouteDecision.Forward forward ? forward.cluster() : "";
        return decided;
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
        var decided = decision();
        return decided instanceof RouteDecision.NoRoute ? null : decided;
    }

    @Override
    public @Nullable Object routeConfig(String stageName) {
        return decision().stageConfigs().of(stageName);
    }

    @Override
    public void clearRoute() {
        route = null;
    }

    @Override
    public void resume(Step step) {
        if (!finished && !responseStarted) {
            whenEnded = null;
            admission.resume(step);
            downstream.flush();
        }
    }

    @Override
    public boolean ended() {
        return finished || responseStarted;
    }

    @Override
    public void whenEnded(Runnable callback) {
        whenEnded = callback;
    }

    @Override
    public boolean skips(HttpStage stage) {
        return decision().stageConfigs().skips(stage.name(), stage.offByDefault());
    }

    // ---- what admission comes to

    @Override
    public void needBody(Step.NeedBody wanted) {
        need = wanted;
        collect();
    }

    /// Gives the body to the stage that waits for it, once it is there or too much.
    private void collect() {
        var wanted = need;
        if (wanted == null) {
            return;
        }
        boolean tooMuch = body.held() > wanted.maxBytes();
        boolean enough = tooMuch || body.held() == wanted.maxBytes() && wanted.partial();
        if (!enough && !body.ended()) {
            body.grantAhead();
            return;
        }
        need = null;
        if (tooMuch && !wanted.partial()) {
            answered(LocalReply.of(413, "Payload Too Large", "request_payload_too_large"), -1);
            return;
        }
        var view = body.view(wanted.maxBytes());
        try {
            admission.body(view, body.ended() && !tooMuch);
        } finally {
            view.release();
        }
    }

    @Override
    public void answered(LocalReply reply, int stage) {
        reply.flag().ifPresent(info::flag);
        if (responseStarted) {
            abort(reply.details());
            return;
        }
        stopForwarding();
        info.responseCodeDetails = reply.details();
        if (!reply.body().isEmpty()) {
            info.filterState(LocalReplyBody.KEY, reply.body());
        }
        if (reply.status() == 400 && head.version() != HttpVersion.HTTP_2) {
            // A message that was not understood: what follows it can't be trusted.
            connection.drain();
        }
        var answer = LocalAnswer.of(reply, head, chain.options().localReplies(), info);
        boolean bodyFollows = answer.body().length > 0;
        need = null;
        respond(answer.head(), bodyFollows, reached(stage));
        if (bodyFollows) {
            sendData(Unpooled.wrappedBuffer(answer.body()));
        }
        responseEnd(new Headers());
    }

    /// @param stage that answered; -1 for none
    private int reached(int stage) {
        return !judged
                ? 0
                : admitted ? chain.stages().size() : Math.max(stage + 1, admission.reached());
    }

    @Override
    public void admitted(Permit permit) {
        admitted = true;
        changes.beginRequest(chain.stages(), this);
        if (changes.request() && !changeHeld()) {
            return;
        }
        switch (decision()) {
            case RouteDecision.NoRoute() ->
                    answered(
                            LocalReply.of(404, "", "route_not_found")
                                    .flagged(ResponseFlag.NO_ROUTE_FOUND),
                            -1);
            case RouteDecision.ToTls(var location) ->
                    answered(RouteReplies.elsewhere(301, location), -1);
            case RouteDecision.Redirect redirect ->
                    answered(
                            RouteReplies.redirect(
                                    redirect, head, info, !chain.options().suppressEnvoyHeaders()),
                            -1);
            case RouteDecision.Direct direct ->
                    answered(RouteReplies.direct(direct, head, info), -1);
            case RouteDecision.Forward forward -> {
                var to = new Forwarding(this, worker, chain, forward, permit, body);
                forwarding = to;
                to.begin();
            }
        }
    }

    // ---- what comes from the caller

    @Override
    public void onData(ByteBuf bytes) {
        int size = bytes.readableBytes();
        if (finished || responseEnded) {
            bytes.release();
            downstream.grant(size);
            return;
        }
        burst = true;
        timers.touch();
        info.bytesReceived += size;
        try {
            body.offer(size, admitted && changes.request() ? changes.requestData(bytes) : bytes);
        } catch (BadBody bad) {
            answered(bad.reply(), -1);
            return;
        }
        if (need != null) {
            collect();
        } else if (forwarding != null) {
            forwarding.onBody();
        }
    }

    boolean inBurst() {
        return burst;
    }

    @Override
    public void onBurstEnd() {
        burst = false;
        if (forwarding != null) {
            forwarding.flush();
        }
    }

    @Override
    public void onEnd(Headers trailers) {
        if (finished || responseEnded || body.ended()) {
            return;
        }
        timers.touch();
        info.requestEndNanos = worker.nanoTime().getAsLong();
        if (!trailers.isEmpty()) {
            info.requestTrailers = trailers;
        }
        body.end(trailers);
        timers.requestEnded();
        try {
            if (admitted) {
                changeEnd();
            }
        } catch (BadBody bad) {
            answered(bad.reply(), -1);
            return;
        }
        if (need != null) {
            collect();
        } else if (forwarding != null) {
            forwarding.onRequestEnd();
        }
    }

    /// What had come before the request was admitted; false for a body that makes no sense.
    private boolean changeHeld() {
        try {
            body.change(changes::requestData);
            changeEnd();
            return true;
        } catch (BadBody bad) {
            answered(bad.reply(), -1);
            return false;
        }
    }

    private void changeEnd() {
        var trailers = body.trailers();
        if (trailers != null && changes.request()) {
            var last = changes.requestEnd(trailers);
            if (last != null) {
                body.offer(0, last);
            }
        }
    }

    @Override
    public void onReset(StreamReset reason) {
        if (finished) {
            return;
        }
        switch (reason.kind()) {
            case PROTOCOL_ERROR -> {
                info.flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
                info.responseCodeDetails = reason.detail();
            }
            case REMOTE, REMOTE_REFUSED, CONNECT_ERROR -> {
                info.flag(ResponseFlag.DOWNSTREAM_REMOTE_RESET);
                info.responseCodeDetails = "http2.remote_reset";
            }
            case CONNECTION_LOST -> {
                info.flag(ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION);
                info.responseCodeDetails = "downstream_remote_disconnect";
            }
            case LOCAL, LOCAL_REFUSED -> info.responseCodeDetails = reason.detail();
        }
        finish();
    }

    @Override
    public void onTaken(int bytes) {
        if (finished) {
            return;
        }
        timers.touch();
        taken += bytes;
        int back = changes.response() && taken == written ? owed : Math.min(owed, bytes);
        if (back > 0 && forwarding != null) {
            owed -= back;
            forwarding.grant(back);
        }
        finishIfSent();
    }

    // ---- what goes to the caller

    void informational(ResponseHead interim) {
        if (!responseStarted && !finished) {
            downstream.informational(interim);
        }
    }

    /// A response from an upstream, finished by its route.
    void upstreamResponse(ResponseHead response, boolean bodyFollows) {
        respond(response, bodyFollows, chain.stages().size());
    }

    /// @param reached how many stages, from the first, see it on its way
    private void respond(ResponseHead response, boolean bodyFollows, int reached) {
        responseStarted = true;
        endWaiting();
        var stages = chain.stages();
        for (int at = reached - 1; at >= 0; at--) {
            var stage = stages.get(at);
            if (!skips(stage)) {
                stage.onResponse(this, response);
            }
        }
        if (bodyFollows) {
            changes.beginResponse(stages, reached, this, response);
        }
        ResponseWork.finish(response, chain.options(), info, worker.date());
        if (connection.draining() && head.version() != HttpVersion.HTTP_2) {
            response.headers().set("connection", "close");
        }
        info.response = response;
        info.responseCode = response.status();
        if (told) {
            chain.telemetry().onResponse(info, response);
        }
        timers.touch();
        info.downstreamFirstSentNanos = worker.nanoTime().getAsLong();
        downstream.respond(response, bodyFollows);
    }

    /// @param bytes of an upstream, which gets credit for them once the caller has taken them
    void upstreamData(ByteBuf bytes) {
        owed += bytes.readableBytes();
        sendData(bytes);
        if (changes.response() && taken == written && forwarding != null) {
            int back = owed;
            owed = 0;
            forwarding.grant(back);
        }
    }

    private void sendData(ByteBuf bytes) {
        timers.touch();
        var changed = changes.response() ? changes.responseData(bytes) : bytes;
        int size = changed.readableBytes();
        if (size == 0) {
            changed.release();
            return;
        }
        written += size;
        info.bytesSent += size;
        downstream.writeData(changed);
    }

    void flush() {
        downstream.flush();
    }

    void responseEnd(Headers trailers) {
        if (changes.response()) {
            var last = changes.responseEnd(trailers);
            if (last != null) {
                written += last.readableBytes();
                info.bytesSent += last.readableBytes();
                downstream.writeData(last);
            }
        }
        if (!trailers.isEmpty()) {
            info.responseTrailers = trailers;
        }
        responseEnded = true;
        info.downstreamLastSentNanos = worker.nanoTime().getAsLong();
        downstream.end(trailers);
        downstream.flush();
        finishIfSent();
    }

    /// A response that has begun can't be completed.
    void abort(String details) {
        if (finished) {
            return;
        }
        info.responseCodeDetails = details;
        downstream.reset(new StreamReset(StreamReset.Kind.LOCAL, details));
        finish();
    }

    /// A time is over: an answer where there is none, the end of one where there is.
    ///
    /// @param body of the answer
    void timedOut(String body, String details, @Nullable ResponseFlag flag) {
        if (flag != null) {
            info.flag(flag);
        }
        if (responseStarted) {
            abort(details);
        } else {
            answered(LocalReply.of(this.body.ended() ? 504 : 408, body, details), -1);
        }
    }

    // ---- the end

    private void finishIfSent() {
        if (responseEnded && taken >= written) {
            finish();
        }
    }

    private void stopForwarding() {
        var to = forwarding;
        if (to != null) {
            to.abandon();
        }
    }

    private void endWaiting() {
        var callback = whenEnded;
        if (callback != null) {
            whenEnded = null;
            callback.run();
        }
    }

    private void finish() {
        if (finished) {
            return;
        }
        finished = true;
        timers.stop();
        stopForwarding();
        endWaiting();
        body.release();
        changes.release();
        info.wireBytesReceived = downstream.wireBytesReceived();
        info.wireBytesSent = downstream.wireBytesSent();
        info.endNanos = worker.nanoTime().getAsLong();
        chain.telemetry().onEnd(info);
        connection.ended(this);
    }
}
