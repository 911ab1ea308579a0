package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.model.HttpOptions;
import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.route.RouteTimeouts;
import dev.ambit.waypoint.route.Timeouts;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The times that the connection's side of an exchange is given; those of attempts are not here.
final class ExchangeTimers {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final HttpExchangeStory exchange;
    private final Worker worker;
    private @Nullable IdleTimer idle;
    private @Nullable Future<?> request;
    private @Nullable Future<?> whole;

    ExchangeTimers(HttpExchangeStory exchange, Worker worker) {
        this.exchange = exchange;
        this.worker = worker;
    }

    /// @param requestEnded whether the request is there as a whole
    void start(HttpOptions options, RouteDecision decided, RequestHead head, boolean requestEnded) {
        var route =
                decided instanceof RouteDecision.Forward forward
                        ? forward.action().timeouts()
                        : RouteTimeouts.DEFAULT;
        long idleNanos =
                route.idle().isPresent()
                        ? route.idle().getAsLong() * NANOS_PER_MILLI
                        : options.streamIdleTimeout().toNanos();
        if (idleNanos > 0) {
            idle =
                    new IdleTimer(
                            worker.loop(),
                            worker.nanoTime(),
                            idleNanos,
                            () ->
                                    exchange.timedOut(
                                            "stream timeout",
                                            "stream_idle_timeout",
                                            ResponseFlag.STREAM_IDLE_TIMEOUT));
        }
        long requestNanos = options.requestTimeout().toNanos();
        if (requestNanos > 0 && !requestEnded) {
            request =
                    after(
                            requestNanos,
                            () ->
                                    exchange.timedOut(
                                            "request timeout", "request_overall_timeout", null));
        }
        long most = Timeouts.maxStreamMillis(route, head, options.maxStreamDuration().toMillis());
        if (most > 0) {
            whole =
                    after(
                            most * NANOS_PER_MILLI,
                            () ->
                                    exchange.timedOut(
                                            "downstream duration timeout",
                                            "max_duration_timeout",
                                            null));
        }
    }

    private Future<?> after(long nanos, Runnable action) {
        return worker.loop().schedule(action, nanos, TimeUnit.NANOSECONDS);
    }

    void touch() {
        if (idle != null) {
            idle.touch();
        }
    }

    void requestEnded() {
        if (request != null) {
            request.cancel(false);
            request = null;
        }
    }

    void stop() {
        requestEnded();
        if (idle != null) {
            idle.stop();
        }
        if (whole != null) {
            whole.cancel(false);
        }
    }
}
