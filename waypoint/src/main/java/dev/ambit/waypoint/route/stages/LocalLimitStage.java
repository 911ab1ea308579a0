package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.route.limit.Descriptor;
import dev.ambit.waypoint.route.limit.TokenBucket;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Step;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Refuses requests over a rate that is counted in this process, as
/// `envoy.filters.http.local_ratelimit` does.
public final class LocalLimitStage implements HttpStage {
    private static final String LIMITED = "local_rate_limited";

    private final String name;
    private final LocalLimitPolicy general;
    private final LongSupplier random;
    private final LongSupplier nanos;
    private final String state;

    /// What the answer's head tells.
    private record Counted(TokenBucket bucket) {}

    /// @param general for routes that say nothing
    /// @param random any 64 bits, from any loop
    /// @param nanos the monotonic clock
    public LocalLimitStage(
            String name, LocalLimitPolicy general, LongSupplier random, LongSupplier nanos) {
        this.name = name;
        this.general = general;
        this.random = random;
        this.nanos = nanos;
        this.state = "ambit.local_ratelimit." + name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Step onRequest(Exchange exchange) {
        var policy = exchange.routeConfig(name) instanceof LocalLimitPolicy own ? own : general;
        if (!policy.enabled().takes(random.getAsLong())) {
            return Step.NEXT;
        }
        var result = policy.limiter().take(descriptors(policy, exchange), nanos.getAsLong());
        if (result.bucket() != null && policy.tellsLimits()) {
            exchange.info().filterState(state, new Counted(result.bucket()));
        }
        if (result.allowed()) {
            return Step.NEXT;
        }
        if (!policy.enforced().takes(random.getAsLong())) {
            policy.notEnforced().applyTo(exchange.request(), exchange.info());
            return Step.NEXT;
        }
        var headers = new ResponseHead(policy.status(), new Headers());
        policy.answer().applyTo(headers, exchange.request(), exchange.info());
        return Step.answer(
                new LocalReply(
                        policy.status(),
                        LIMITED,
                        headers.headers(),
                        policy.grpcStatus(),
                        Optional.of(ResponseFlag.RATE_LIMITED),
                        LIMITED));
    }

    private static List<Descriptor> descriptors(LocalLimitPolicy policy, Exchange exchange) {
        if (!policy.limiter().hasDescriptors()) {
            return List.of();
        }
        return policy.own().isPresent()
                ? Described.byOwn(policy.own().get(), policy.stage(), exchange)
                : Described.byRoute(policy.stage(), policy.hostLimits(), exchange);
    }

    @Override
    public void onResponse(Exchange exchange, ResponseHead head) {
        if (exchange.info().filterState().get(state) instanceof Counted(var bucket)) {
            long now = nanos.getAsLong();
            head.headers()
                    .add("x-ratelimit-limit", Long.toString(bucket.maxTokens()))
                    .add("x-ratelimit-remaining", Long.toString(bucket.remaining(now)))
                    .add("x-ratelimit-reset", Long.toString(bucket.resetSeconds(now)));
        }
    }
}
