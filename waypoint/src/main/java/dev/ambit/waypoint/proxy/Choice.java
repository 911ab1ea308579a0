package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.route.Hashing;
import dev.ambit.waypoint.route.MirrorPolicy;
import dev.ambit.waypoint.route.RetryPolicy;
import dev.ambit.waypoint.route.RetryState;
import dev.ambit.waypoint.route.RouteAction;
import dev.ambit.waypoint.route.Timeouts;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.PickContext;
import dev.ambit.waypoint.upstream.UpstreamHost;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What the choice of a host depends on for all attempts of one request, and who gets copies of it.
final class Choice {
    private final RouteAction.Forward action;
    private final Permit permit;
    private final RequestHead request;
    private final StreamInfo info;
    private List<UpstreamHost> tried = List.of();
    private @Nullable List<String> cookies;
    private OptionalLong hash = OptionalLong.empty();
    private List<MirrorPolicy> mirrors = List.of();

    Choice(RouteAction.Forward action, Permit permit, RequestHead request, StreamInfo info) {
        this.action = action;
        this.permit = permit;
        this.request = request;
        this.info = info;
        this.mirrors = action.mirrors();
    }

    Permit permit() {
        return permit;
    }

    /// Once the head is as the upstream gets it.
    void begin() {
        if (!action.hash().isEmpty()) {
            hash = Hashing.hash(action.hash(), request, info, this::cookie);
        }
    }

    private void cookie(String value) {
        if (cookies == null) {
            cookies = new ArrayList<>(1);
        }
        cookies.add(value);
    }

    void addCookies(Headers response) {
        if (cookies != null) {
            for (var cookie : cookies) {
                response.add("set-cookie", cookie);
            }
        }
    }

    void tried(UpstreamHost host) {
        var policy = action.retry();
        if (policy.avoidPreviousHosts() || policy.previousPriorities().isPresent()) {
            if (tried.isEmpty()) {
                tried = new ArrayList<>(2);
            }
            tried.add(host);
        }
    }

    PickContext context(@Nullable RetryState retry) {
        var policy = retry == null ? RetryPolicy.NONE : retry.policy();
        return new PickContext(
                info.connection(),
                hash,
                request.version(),
                request.authority(),
                request.upgrade() != null,
                policy.avoidPreviousHosts() ? List.copyOf(tried) : List.of(),
                priorities(policy),
                policy.hostSelections());
    }

    /// Priorities of hosts that were tried, brought up to date after every so many attempts.
    private List<Integer> priorities(RetryPolicy policy) {
        if (policy.previousPriorities().isEmpty() || tried.isEmpty()) {
            return List.of();
        }
        int every = Math.max(1, policy.previousPriorities().getAsInt());
        int count = tried.size() / every * every;
        var all = new ArrayList<Integer>(count);
        for (int at = 0; at < count; at++) {
            all.add(tried.get(at).priority());
        }
        return all;
    }

    // ---- mirrors

    boolean wantsBody() {
        return !mirrors.isEmpty();
    }

    void noMirrors() {
        mirrors = List.of();
    }

    /// Sends the copies, once the whole request has come.
    void mirror(Worker worker, RequestBody body, Timeouts timeouts) {
        var all = mirrors;
        mirrors = List.of();
        if (request.method().equals("CONNECT")) {
            return;
        }
        for (int at = 0; at < all.size(); at++) {
            var policy = all.get(at);
            if (policy.fraction().takes(worker.random().nextLong())) {
                Mirror.send(worker, policy, permit, request, info, body, timeouts);
            }
        }
    }
}
