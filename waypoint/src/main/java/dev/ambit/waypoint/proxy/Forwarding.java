package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.model.HttpChain;
import dev.ambit.waypoint.route.Grpc;
import dev.ambit.waypoint.route.HostRewrite;
import dev.ambit.waypoint.route.RetryState;
import dev.ambit.waypoint.route.RouteAction;
import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.route.Timeouts;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import dev.ambit.waypoint.upstream.UpstreamHost;
import dev.ambit.waypoint.upstream.UpstreamHost.HostResult;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The last stage: sends a request to a cluster, again where it is lost and that is worth it, and
/// hands the response on. Envoy's router filter. On the exchange's loop.
final class Forwarding {
    private static final String ATTEMPT_COUNT = "x-envoy-attempt-count";

    private final HttpExchangeStory exchange;
    private final Worker worker;
    private final HttpChain chain;
    private final RouteDecision.Forward route;
    private final RouteAction.Forward action;
    private final RequestHead request;
    private final StreamInfo info;
    private final RequestBody body;
    private final Timeouts.Options timeoutOptions;
    private final Choice choice;
    private final List<Attempt> attempts = new ArrayList<>(1);
    private @Nullable Upstream upstream;
    private Timeouts timeouts;
    private @Nullable RetryState retry;
    private @Nullable Future<?> globalTimer;
    private @Nullable Attempt answering;

    private final RetryQueue pending;
    private final UpstreamMarks marks;

    /// Of one attempt, from its connection on, milliseconds; 0 for ever.
    private long attemptMillis;

    private boolean retried;
    private boolean over;

    /// Whether it is sent as gRPC: a stage may have made it one.
    private boolean grpc;

    Forwarding(
            HttpExchangeStory exchange,
            Worker worker,
            HttpChain chain,
            RouteDecision.Forward route,
            Permit permit,
            RequestBody body) {
        this.exchange = exchange;
        this.worker = worker;
        this.chain = chain;
        this.route = route;
        this.action = route.action();
        this.request = exchange.request();
        this.info = exchange.info();
        this.body = body;
        boolean tell = !chain.options().suppressEnvoyHeaders();
        this.timeoutOptions = new Timeouts.Options(tell, false);
        this.timeouts = new Timeouts(0, 0, 0, false, false);
        this.pending = new RetryQueue(worker);
        this.marks = new UpstreamMarks(info, worker.nanoTime());
        this.choice = new Choice(action, permit, request, info);
    }

    Timeouts timeouts() {
        return timeouts;
    }

    UpstreamMarks marks() {
        return marks;
    }

    // ---- the first attempt

    void begin() {
        var found = route.cluster().isEmpty() ? null : worker.upstreams().find(route.cluster());
        if (found == null) {
            over = true;
            info.clusterName = "";
            exchange.answered(ForwardingReplies.noCluster(action.clusterNotFoundStatus()), -1);
            return;
        }
        upstream = found;
        info.cluster = found.facts();
        grpc = Grpc.isRequest(request);
        timeouts =
                Timeouts.begin(
                        action.timeouts(),
                        action.retry(),
                        action.hedge(),
                        request,
                        grpc,
                        timeoutOptions);
        attemptMillis = StreamDuration.take(request.headers());
        route.finishRequest(request, info, timeoutOptions.tellExpected());
        retry = RetryState.begin(action.retry(), request);
        choice.begin();
        if (retry != null || !action.mirrors().isEmpty()) {
            body.keep();
            checkBuffer();
        }
        attempt();
        if (body.ended()) {
            requestEnded();
        }
    }

    long attemptMillis() {
        return attemptMillis;
    }

    private void attempt() {
        var to = upstream;
        if (to == null || over) {
            return;
        }
        info.attempts++;
        if (route.route().host().attemptCountInRequest()) {
            request.headers().set(ATTEMPT_COUNT, Integer.toString(info.attempts));
        }
        var attempt = new Attempt(this, worker, body);
        attempts.add(attempt);
        attempt.asked(to.request(choice.context(retry), choice.permit(), attempt));
    }

    /// The head of an attempt that has a connection.
    RequestHead beforeSending(
            Attempt attempt,
            UpstreamHost host,
            HttpVersion version,
            Upstream.ConnectionFacts facts) {
        choice.tried(host);
        info.upstreamHost = host.address();
        info.upstreamLocalAddress = facts.localAddress();
        info.upstreamVersion = version;
        info.tunnelPeer = facts.peer();
        info.host = host;
        if (action.host() instanceof HostRewrite.Auto && !host.hostname().isEmpty()) {
            request.authority(host.hostname());
        }
        var to = upstream;
        if (to != null) {
            chain.telemetry().onAttempt(info, request, to.facts(), host);
        }
        return request;
    }

    // ---- the request's body

    /// Whether more of the request may come before the burst's end, at which there is a flush.
    boolean inBurst() {
        return exchange.inBurst();
    }

    void onBody() {
        if (over) {
            return;
        }
        checkBuffer();
        if (over) {
            return;
        }
        for (int at = 0; at < attempts.size(); at++) {
            attempts.get(at).pump();
        }
    }

    /// What is over the limit is not kept, so there will be no other attempt.
    private void checkBuffer() {
        long most = Math.min(route.route().bodyBufferBytes(), worker.limits().retryBufferBytes());
        if (!body.keeping() || body.held() <= most) {
            return;
        }
        retry = null;
        choice.noMirrors();
        body.stopKeeping(attempts.isEmpty() ? null : attempts.getLast().reader());
        if (attempts.isEmpty() && info.attempts > 0) {
            stop();
            exchange.answered(ForwardingReplies.tooMuchKept(), -1);
        }
    }

    void flush() {
        for (int at = 0; at < attempts.size(); at++) {
            attempts.get(at).flush();
        }
    }

    void onRequestEnd() {
        if (over) {
            return;
        }
        for (int at = 0; at < attempts.size(); at++) {
            attempts.get(at).pump();
        }
        requestEnded();
    }

    private void requestEnded() {
        if (over) {
            return;
        }
        choice.mirror(worker, body, timeouts);
        if (retry == null && pending.isEmpty() && attempts.size() == 1) {
            body.stopKeeping(attempts.getFirst().reader());
        }
        if (timeouts.globalMillis() > 0 && globalTimer == null) {
            globalTimer =
                    worker.loop()
                            .schedule(
                                    this::onGlobalTimeout,
                                    timeouts.globalMillis(),
                                    TimeUnit.MILLISECONDS);
        }
        for (int at = 0; at < attempts.size(); at++) {
            attempts.get(at).startTimers();
        }
    }

    // ---- attempts that are lost

    void onFailed(Attempt attempt, UpstreamFailure failure) {
        attempts.remove(attempt);
        var host = failure.host();
        if (host != null) {
            info.upstreamHost = host.address();
            info.host = host;
            choice.tried(host);
        }
        switch (failure.kind()) {
            case NO_HEALTHY_HOST -> {
                if (!othersMayAnswer()) {
                    fail(ForwardingReplies.noHealthyHost());
                }
            }
            case DNS -> {
                // Nobody was asked: Envoy looks up before its router makes an attempt.
                info.attempts--;
                fail(ForwardingReplies.notResolved(failure.detail()));
            }
            case OVERFLOW -> lost(attempt, Loss.of(failure), RetryState.Loss.OVERFLOW);
            case CONNECT_FAILED, CONNECT_TIMEOUT -> {
                info.upstreamTransportFailure = failure.detail().replace(' ', '_');
                if (host != null) {
                    host.report(
                            failure.kind() == UpstreamFailure.Kind.CONNECT_TIMEOUT
                                    ? new HostResult.ConnectTimeout()
                                    : new HostResult.ConnectFailed());
                }
                lost(attempt, Loss.of(failure), RetryState.Loss.CONNECT_FAILURE);
            }
        }
    }

    void onReset(Attempt attempt, StreamReset reset) {
        attempts.remove(attempt);
        var host = attempt.host();
        if (host != null && !attempt.timeoutReported) {
            host.report(new HostResult.Reset());
        }
        lost(attempt, Loss.of(reset), RetryState.Loss.of(reset));
    }

    private void lost(Attempt attempt, Loss loss, RetryState.Loss kind) {
        if (answering == attempt) {
            info.flag(loss.flag());
            stop();
            exchange.abort(loss.details(true));
            return;
        }
        if (!attempt.hedged && mayRetry() && again(kind, attempt.sent(), false)) {
            return;
        }
        if (othersMayAnswer()) {
            return;
        }
        info.flag(loss.flag());
        fail(ForwardingReplies.lost(loss, retried, !chain.options().suppressEnvoyHeaders()));
    }

    private boolean othersMayAnswer() {
        return !attempts.isEmpty() || !pending.isEmpty();
    }

    private void fail(LocalReply reply) {
        stop();
        tellAttempts(reply.headers());
        exchange.answered(reply, -1);
    }

    private void tellAttempts(Headers headers) {
        if (route.route().host().attemptCountInResponse() && info.attempts > 0) {
            headers.set(ATTEMPT_COUNT, Integer.toString(info.attempts));
        }
    }

    // ---- another attempt

    private boolean mayRetry() {
        return retry != null && answering == null;
    }

    private boolean again(RetryState.Loss kind, boolean started, boolean timeout) {
        var rules = retry;
        return rules != null && carryOut(rules.onLoss(kind, started), timeout);
    }

    /// @return whether there will be another attempt
    private boolean carryOut(RetryState.Verdict verdict, boolean timeout) {
        var rules = retry;
        var to = upstream;
        if (verdict == RetryState.Verdict.LIMIT_EXCEEDED) {
            info.flag(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
        }
        if (verdict != RetryState.Verdict.RETRY || rules == null || to == null) {
            return false;
        }
        var done = to.retry();
        if (done == null) {
            info.flag(ResponseFlag.UPSTREAM_OVERFLOW);
            return false;
        }
        long wait = rules.backOffMillis(worker.random()::nextLong);
        pending.add(wait, done, () -> retryNow(timeout));
        return true;
    }

    private void retryNow(boolean timeout) {
        if (over) {
            return;
        }
        retried = true;
        // The cluster may have been changed, or be gone.
        upstream = worker.upstreams().find(route.cluster());
        if (upstream == null) {
            info.attempts++;
            fail(ForwardingReplies.noHealthyHost());
            return;
        }
        if (route.route().host().timeoutRetryInRequest()) {
            request.headers().set("x-envoy-is-timeout-retry", Boolean.toString(timeout));
        }
        timeouts.tell(request, sinceRequestEnd(), timeoutOptions);
        attempt();
    }

    private long sinceRequestEnd() {
        return body.ended()
                ? (worker.nanoTime().getAsLong() - info.requestEndNanos) / 1_000_000
                : 0;
    }

    // ---- times

    private void onGlobalTimeout() {
        if (over) {
            return;
        }
        for (var attempt : attempts) {
            var host = attempt.host();
            if (host != null && attempt.awaitsHead() && !attempt.timeoutReported) {
                host.report(new HostResult.Timeout());
            }
        }
        timedOut("response_timeout");
    }

    private void timedOut(String details) {
        info.flag(ResponseFlag.UPSTREAM_REQUEST_TIMEOUT);
        giveUp(answering != null, ForwardingReplies.timedOut(details));
    }

    /// An answer that has begun can only be broken off.
    private void giveUp(boolean started, LocalReply reply) {
        if (started) {
            stop();
            exchange.abort(reply.details());
        } else {
            fail(reply);
        }
    }

    void onTimeout(Attempt attempt, String details) {
        if (over) {
            return;
        }
        var host = attempt.host();
        if (host != null) {
            host.report(new HostResult.Timeout());
            attempt.timeoutReported = true;
        }
        if (timeouts.hedge()) {
            hedge(attempt);
            return;
        }
        attempts.remove(attempt);
        attempt.drop("per try timeout");
        if (attempt != answering
                && !attempt.hedged
                && mayRetry()
                && again(RetryState.Loss.RESET, true, true)) {
            return;
        }
        timedOut(details);
    }

    /// An attempt has taken longer than its request allows.
    void onDuration(Attempt attempt) {
        if (over) {
            return;
        }
        boolean started = attempt == answering;
        attempts.remove(attempt);
        attempt.drop("its time is over");
        if (!started
                && !attempt.hedged
                && mayRetry()
                && again(RetryState.Loss.RESET, true, false)) {
            return;
        }
        info.flag(ResponseFlag.UPSTREAM_MAX_STREAM_DURATION_REACHED);
        giveUp(started, ForwardingReplies.tookTooLong(body.ended()));
    }

    /// The attempt goes on, beside another.
    private void hedge(Attempt attempt) {
        var rules = retry;
        if (rules != null
                && answering == null
                && !attempt.hedged
                && attempts.size() + pending.size() < worker.limits().attemptsInFlight()) {
            attempt.hedged = carryOut(rules.onHedge(), true);
        }
    }

    // ---- the response

    void onInformational(Attempt attempt, ResponseHead head) {
        int status = head.status();
        if (over || !chain.options().proxy100Continue() || status == 101 || status > 104) {
            return;
        }
        // What the caller was told can't be taken back, so this attempt must do.
        retry = null;
        keepOnly(attempt);
        exchange.informational(head);
    }

    void onHead(Attempt attempt, ResponseHead head, boolean bodyFollows) {
        if (over) {
            attempt.drop("nobody waits for it");
            return;
        }
        var grpcStatus = grpc ? Grpc.status(head) : java.util.OptionalInt.empty();
        int judged = grpcStatus.isPresent() ? GrpcWords.http(grpcStatus.getAsInt()) : head.status();
        var host = attempt.host();
        if (host != null) {
            host.report(new HostResult.Answered(judged));
        }
        var rules = retry;
        if (rules != null) {
            boolean worth;
            if (attempt.hedged) {
                worth = rules.worthIt(head);
            } else {
                var verdict = rules.onResponse(head, worker.micros().getAsLong() / 1_000_000);
                if (carryOut(verdict, false)) {
                    attempts.remove(attempt);
                    attempt.drop("retried");
                    return;
                }
                worth = verdict != RetryState.Verdict.NO;
            }
            if (worth && (attempts.size() > 1 || !pending.isEmpty())) {
                attempts.remove(attempt);
                attempt.drop("others may do better");
                return;
            }
        }
        answer(attempt, host, head, bodyFollows);
    }

    private void answer(
            Attempt attempt, @Nullable UpstreamHost host, ResponseHead head, boolean bodyFollows) {
        retry = null;
        answering = attempt;
        keepOnly(attempt);
        if (host != null) {
            info.upstreamHost = host.address();
            info.host = host;
        }
        var headers = head.headers();
        var upgrade = request.upgrade();
        if (head.status() == 101 && upgrade != null && !headers.contains("upgrade")) {
            headers.add("upgrade", upgrade); // HTTP/2 does not say it again.
        }
        tellAttempts(headers);
        if (body.ended() && !chain.options().suppressEnvoyHeaders()) {
            headers.set("x-envoy-upstream-service-time", Long.toString(sinceRequestEnd()));
        }
        choice.addCookies(headers);
        info.responseCodeDetails = "via_upstream";
        route.finishResponse(head, request, info);
        exchange.upstreamResponse(head, bodyFollows);
    }

    /// Ends all but one, and what was kept for others.
    private void keepOnly(Attempt attempt) {
        pending.cancel();
        for (int at = attempts.size() - 1; at >= 0; at--) {
            var other = attempts.get(at);
            if (other != attempt) {
                attempts.remove(at);
                other.drop("another attempt was answered");
            }
        }
        if (!choice.wantsBody() || body.ended()) {
            body.stopKeeping(attempt.reader());
        }
    }

    void onData(ByteBuf bytes) {
        exchange.upstreamData(bytes);
    }

    void flushDownstream() {
        if (!over) {
            exchange.flush();
        }
    }

    /// Credit for bytes of the response that the caller has taken.
    void grant(int bytes) {
        if (answering != null) {
            answering.grant(bytes);
        }
    }

    void onEnd(Attempt attempt, Headers trailers) {
        if (attempt != answering || over) {
            return;
        }
        attempts.remove(attempt);
        attempt.drop("answered before the request was complete");
        stop();
        exchange.responseEnd(trailers);
    }

    // ---- the end

    /// Nobody waits any more.
    void abandon() {
        stop();
    }

    private void stop() {
        if (over) {
            return;
        }
        over = true;
        if (globalTimer != null) {
            globalTimer.cancel(false);
        }
        while (!attempts.isEmpty()) {
            attempts.removeLast().drop("nobody waits for it");
        }
        pending.end();
    }
}
