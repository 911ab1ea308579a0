package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Step;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Answers preflights, and tells browsers which pages may read answers
/// (<https://fetch.spec.whatwg.org/#http-cors-protocol>), as `envoy.filters.http.cors` does. What
/// it says is in routes alone.
///
/// @param random any 64 bits, from any loop
public record CorsStage(String name, LongSupplier random) implements HttpStage {
    private static final String STATE = "ambit.cors";
    private static final String ALLOW_ORIGIN = "access-control-allow-origin";
    private static final String ALLOW_CREDENTIALS = "access-control-allow-credentials";
    private static final String EXPOSE_HEADERS = "access-control-expose-headers";
    private static final String REQUEST_METHOD = "access-control-request-method";
    private static final String REQUEST_HEADERS = "access-control-request-headers";
    private static final String REQUEST_PRIVATE = "access-control-request-private-network";

    /// What the response's head needs to know.
    private record Allowed(CorsPolicy policy, String origin) {}

    @Override
    public Step onRequest(Exchange exchange) {
        if (!(exchange.routeConfig(name) instanceof CorsPolicy policy)
                || !(exchange.route() instanceof RouteDecision.Forward)
                || !policy.enabled().takes(random.getAsLong())) {
            return Step.NEXT;
        }
        var request = exchange.request();
        var origin = request.headers().get("origin");
        if (origin == null || origin.isEmpty()) {
            return Step.NEXT;
        }
        boolean allowed = policy.allows(origin);
        if (allowed) {
            exchange.info().filterState(STATE, new Allowed(policy, origin));
        }
        boolean preflight =
                request.method().equals("OPTIONS")
                        && !text(request.headers().get(REQUEST_METHOD)).isEmpty();
        if (!preflight || !allowed && policy.forwardNotMatching().orElse(true)) {
            return Step.NEXT;
        }
        return Step.answer(preflight(policy, request.headers(), allowed ? origin : ""));
    }

    /// @param origin empty for one that is not allowed
    private static LocalReply preflight(CorsPolicy policy, Headers request, String origin) {
        var answer = new Headers();
        if (!origin.isEmpty()) {
            answer.set(ALLOW_ORIGIN, origin);
        }
        if (policy.credentials().orElse(false)) {
            answer.set(ALLOW_CREDENTIALS, "true");
        }
        echo(answer, "access-control-allow-methods", policy.methods(), request.get(REQUEST_METHOD));
        echo(
                answer,
                "access-control-allow-headers",
                policy.headers(),
                request.joined(REQUEST_HEADERS));
        set(answer, "access-control-max-age", policy.maxAge());
        if (policy.privateNetwork().orElse(false) && "true".equals(request.get(REQUEST_PRIVATE))) {
            answer.set("access-control-allow-private-network", "true");
        }
        if (!origin.isEmpty()) {
            set(answer, EXPOSE_HEADERS, policy.exposed());
        }
        return new LocalReply(
                200, "", answer, OptionalInt.empty(), Optional.empty(), "cors_response");
    }

    /// For `*` what was asked for, also where that is nothing.
    private static void echo(Headers answer, String name, String policy, @Nullable String asked) {
        if (policy.equals("*")) {
            answer.set(name, text(asked));
        } else {
            set(answer, name, policy);
        }
    }

    private static void set(Headers headers, String name, String value) {
        if (!value.isEmpty()) {
            headers.set(name, value);
        }
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }

    @Override
    public void onResponse(Exchange exchange, ResponseHead head) {
        if (exchange.info().filterState().get(STATE) instanceof Allowed(var policy, var origin)) {
            head.headers().set(ALLOW_ORIGIN, origin);
            if (policy.credentials().orElse(false)) {
                head.headers().set(ALLOW_CREDENTIALS, "true");
            }
            set(head.headers(), EXPOSE_HEADERS, policy.exposed());
        }
    }
}
