package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.route.HeaderNumbers;
import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Step;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Delays and aborts requests on purpose, as `envoy.filters.http.fault` does.
public final class FaultStage implements HttpStage {
    private static final String DELAY = "x-envoy-fault-delay-request";
    private static final String DELAY_SHARE = "x-envoy-fault-delay-request-percentage";
    private static final String ABORT = "x-envoy-fault-abort-request";
    private static final String ABORT_GRPC = "x-envoy-fault-abort-grpc-request";
    private static final String ABORT_SHARE = "x-envoy-fault-abort-request-percentage";
    private static final String NODE = "x-envoy-downstream-service-node";

    private final String name;
    private final FaultPolicy general;
    private final LongSupplier random;

    /// Delays under way, on all loops.
    private final AtomicLong active = new AtomicLong();

    /// @param general for routes that say nothing
    /// @param random any 64 bits, from any loop
    public FaultStage(String name, FaultPolicy general, LongSupplier random) {
        this.name = name;
        this.general = general;
        this.random = random;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Step onRequest(Exchange exchange) {
        var policy = exchange.routeConfig(name) instanceof FaultPolicy own ? own : general;
        if (policy.delay().isEmpty() && policy.abort().isEmpty() || !concerns(policy, exchange)) {
            return Step.NEXT;
        }
        long millis = delay(policy, exchange.request().headers());
        if (millis == 0) {
            return abort(policy, exchange);
        }
        exchange.info().flag(ResponseFlag.DELAY_INJECTED);
        active.incrementAndGet();
        var timer =
                exchange.loop()
                        .schedule(
                                () -> {
                                    active.decrementAndGet();
                                    exchange.resume(abort(policy, exchange));
                                },
                                millis,
                                TimeUnit.MILLISECONDS);
        exchange.whenEnded(() -> {
            if (timer.cancel(false)) {
                active.decrementAndGet();
            }
        });
        return Step.LATER;
    }

    private boolean concerns(FaultPolicy policy, Exchange exchange) {
        if (active.get() >= policy.maxActive()) {
            return false;
        }
        var request = exchange.request();
        if (!policy.upstreamCluster().isEmpty()
                && !(exchange.route() instanceof RouteDecision.Forward forward
                        && forward.cluster().equals(policy.upstreamCluster()))) {
            return false;
        }
        return (policy.downstreamNodes().isEmpty() || fromNode(policy, request))
                && allMatch(policy, request);
    }

    private static boolean fromNode(FaultPolicy policy, RequestHead request) {
        var node = request.headers().get(NODE);
        return node != null && policy.downstreamNodes().contains(node);
    }

    private static boolean allMatch(FaultPolicy policy, RequestHead request) {
        for (var match : policy.headers()) {
            if (!match.matches(request)) {
                return false;
            }
        }
        return true;
    }

    /// Milliseconds; 0 for none.
    private long delay(FaultPolicy policy, Headers headers) {
        if (policy.delay().isEmpty()) {
            return 0;
        }
        var delay = policy.delay().get();
        long millis = delay.byHeader() ? number(headers, DELAY) : delay.millis();
        var share = delay.byHeader() ? share(delay.share(), headers, DELAY_SHARE) : delay.share();
        return millis > 0 && share.takes(random.getAsLong()) ? millis : 0;
    }

    private Step abort(FaultPolicy policy, Exchange exchange) {
        if (policy.abort().isEmpty()) {
            return Step.NEXT;
        }
        var abort = policy.abort().get();
        var headers = exchange.request().headers();
        var share = abort.byHeader() ? share(abort.share(), headers, ABORT_SHARE) : abort.share();
        var reply = reply(abort, headers);
        if (reply == null || !share.takes(random.getAsLong())) {
            return Step.NEXT;
        }
        return Step.answer(reply);
    }

    private static @Nullable LocalReply reply(FaultPolicy.Abort abort, Headers headers) {
        if (!abort.byHeader()) {
            return abort.httpStatus() == 0
                    ? reply(200, OptionalInt.of(abort.grpcStatus()))
                    : reply(abort.httpStatus(), OptionalInt.empty());
        }
        long status = number(headers, ABORT);
        if (status >= 200 && status < 600) {
            return reply((int) status, OptionalInt.empty());
        }
        long grpc = number(headers, ABORT_GRPC);
        return grpc >= 0 && grpc <= Integer.MAX_VALUE
                ? reply(200, OptionalInt.of((int) grpc))
                : null;
    }

    private static LocalReply reply(int status, OptionalInt grpcStatus) {
        return new LocalReply(
                status,
                "fault filter abort",
                new Headers(),
                grpcStatus,
                Optional.of(ResponseFlag.FAULT_INJECTED),
                "fault_filter_abort");
    }

    /// A request may ask for less than the configured share.
    private static Fraction share(Fraction most, Headers headers, String name) {
        long asked = number(headers, name);
        return asked < 0
                ? most
                : new Fraction(Math.min(asked, most.numerator()), most.denominator());
    }

    private static long number(Headers headers, String name) {
        var value = headers.get(name);
        return value == null ? -1 : HeaderNumbers.unsigned(value);
    }
}
