package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.route.limit.Descriptor;
import dev.ambit.waypoint.route.limit.LimitAnswer;
import dev.ambit.waypoint.route.limit.LimitService;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Step;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Refuses requests over a rate that a service counts, as `envoy.filters.http.ratelimit` does.
public final class GlobalLimitStage implements HttpStage {
    private static final String LIMITED = "x-envoy-ratelimited";
    private static final String INTERNAL = "x-envoy-internal";
    private static final String NAMESPACE = "envoy.filters.http.ratelimit";

    private final String name;
    private final GlobalLimitPolicy policy;
    private final LimitService service;
    private final LongSupplier random;
    private final String state;

    /// @param random any 64 bits, from any loop
    public GlobalLimitStage(
            String name, GlobalLimitPolicy policy, LimitService service, LongSupplier random) {
        this.name = name;
        this.policy = policy;
        this.service = service;
        this.random = random;
        this.state = "ambit.ratelimit." + name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Step onRequest(Exchange exchange) {
        if (!concerns(exchange.request()) || !policy.enabled().takes(random.getAsLong())) {
            return Step.NEXT;
        }
        var route =
                exchange.routeConfig(name) instanceof GlobalLimitPolicy.OfRoute own
                        ? own
                        : GlobalLimitPolicy.OfRoute.NOTHING;
        var descriptors = descriptors(route, exchange);
        return descriptors.isEmpty()
                ? Step.NEXT
                : new Question(exchange).ask(domain(route), descriptors);
    }

    private boolean concerns(RequestHead request) {
        return switch (policy.requests()) {
            case BOTH -> true;
            case INTERNAL -> internal(request);
            case EXTERNAL -> !internal(request);
        };
    }

    private static boolean internal(RequestHead request) {
        return "true".equals(request.headers().get(INTERNAL));
    }

    private String domain(GlobalLimitPolicy.OfRoute route) {
        return route.domain().isEmpty() ? policy.domain() : route.domain();
    }

    /// None for a request that goes nowhere: nobody's limits are touched by it.
    private List<Descriptor> descriptors(GlobalLimitPolicy.OfRoute route, Exchange exchange) {
        if (!(exchange.route() instanceof RouteDecision.Forward forward)
                || exchange.upstreams().find(forward.cluster()) == null) {
            return List.of();
        }
        var own = route.own().isPresent() ? route.own() : policy.own();
        return own.isPresent()
                ? Described.byOwn(own.get(), policy.stage(), exchange)
                : Described.byRoute(policy.stage(), route.hostLimits(), exchange);
    }

    /// One request's, which may be answered before or after it is left to wait.
    private final class Question {
        private final Exchange exchange;
        private @Nullable Step step;
        private boolean waiting;

        Question(Exchange exchange) {
            this.exchange = exchange;
        }

        Step ask(String domain, List<Descriptor> descriptors) {
            var cancel =
                    service.ask(
                            exchange.loop(),
                            exchange.upstreams(),
                            domain,
                            descriptors,
                            this::answered);
            var early = step;
            if (early != null) {
                return early;
            }
            waiting = true;
            exchange.whenEnded(cancel);
            return Step.LATER;
        }

        private void answered(Optional<LimitAnswer> answer) {
            var next = answer.isEmpty() ? failed() : judge(answer.get(), exchange);
            if (waiting) {
                exchange.resume(next);
            } else {
                step = next;
            }
        }
    }

    private Step failed() {
        return policy.denyOnError()
                ? Step.answer(
                        new LocalReply(
                                policy.statusOnError(),
                                "",
                                new Headers(),
                                OptionalInt.empty(),
                                Optional.of(ResponseFlag.RATE_LIMIT_SERVICE_ERROR),
                                "rate_limiter_error"))
                : Step.NEXT;
    }

    private Step judge(LimitAnswer answer, Exchange exchange) {
        var info = exchange.info();
        answer.metadata().forEach((key, value) -> info.dynamicMetadata(NAMESPACE, key, value));
        var told = answer.response().copy();
        if (answer.overLimit() && policy.tellsLimited()) {
            told.set(LIMITED, "true");
        }
        if (policy.tellsLimits()) {
            answer.limits().forEach(told::add);
        }
        if (!answer.overLimit() || !policy.enforced().takes(random.getAsLong())) {
            answer.request().forEach(exchange.request().headers()::add);
            if (!told.isEmpty()) {
                info.filterState(state, told);
            }
            return Step.NEXT;
        }
        var head = new ResponseHead(policy.status(), told);
        policy.answer().applyTo(head, exchange.request(), info);
        return Step.answer(
                new LocalReply(
                        policy.status(),
                        answer.body(),
                        head.headers(),
                        policy.grpcStatus(),
                        Optional.of(ResponseFlag.RATE_LIMITED),
                        "request_rate_limited"));
    }

    @Override
    public void onResponse(Exchange exchange, ResponseHead head) {
        if (exchange.info().filterState().get(state) instanceof Headers told) {
            told.forEach(head.headers()::add);
        }
    }
}
