package dev.ambit.waypoint.route;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import java.util.OptionalLong;

/// Which timeouts a request gets: the route's, with what its own headers ask for.
///
/// @param globalMillis until the whole response is there; 0 for ever
/// @param perTryMillis of each attempt; 0 for none
/// @param perTryIdleMillis between bytes of an attempt; 0 for none
/// @param hedge whether an attempt that takes longer than `perTryMillis` goes on beside the next
/// @param tellsGrpc whether the upstream is told by `grpc-timeout`
public record Timeouts(
        long globalMillis,
        long perTryMillis,
        long perTryIdleMillis,
        boolean hedge,
        boolean tellsGrpc) {
    private static final String REQUEST_TIMEOUT = "x-envoy-upstream-rq-timeout-ms";
    private static final String PER_TRY_TIMEOUT = "x-envoy-upstream-rq-per-try-timeout-ms";
    private static final String HEDGE = "x-envoy-hedge-on-per-try-timeout";
    private static final String EXPECTED = "x-envoy-expected-rq-timeout-ms";

    /// How a chain treats `x-envoy-*` headers.
    ///
    /// @param tellExpected false with `suppress_envoy_headers`
    /// @param respectExpected `respect_expected_rq_timeout`
    public record Options(boolean tellExpected, boolean respectExpected) {}

    /// Decides, takes the headers that ask away, and writes those that tell the upstream.
    public static Timeouts begin(
            RouteTimeouts route,
            RetryPolicy retry,
            boolean hedge,
            RequestHead request,
            boolean grpc,
            Options options) {
        var headers = request.headers();
        boolean hedged = hedge(hedge, headers);
        long global = global(route, request, grpc);
        long expected =
                options.respectExpected() && headers.contains(EXPECTED)
                        ? number(headers, EXPECTED)
                        : take(headers, REQUEST_TIMEOUT);
        if (expected >= 0) {
            global = expected;
        }
        long perTry = take(headers, PER_TRY_TIMEOUT);
        if (perTry < 0) {
            perTry = retry.perTryTimeoutMillis();
        }
        if (global != 0 && perTry >= global) {
            perTry = 0;
        }
        boolean tellsGrpc = grpc && route.maxStream().isEmpty() && route.maxGrpc().isPresent();
        var timeouts = new Timeouts(global, perTry, retry.perTryIdleMillis(), hedged, tellsGrpc);
        timeouts.tell(request, 0, options);
        return timeouts;
    }

    /// Tells the upstream of an attempt how much time it has.
    ///
    /// @param elapsedMillis since the request began
    public void tell(RequestHead request, long elapsedMillis, Options options) {
        long expected = hedge || perTryMillis == 0 ? globalMillis : perTryMillis;
        if (expected == 0) {
            return;
        }
        if (globalMillis > 0) {
            expected =
                    elapsedMillis >= globalMillis
                            ? 1
                            : Math.min(expected, globalMillis - elapsedMillis);
        }
        if (options.tellExpected()) {
            request.headers().set(EXPECTED, Long.toString(expected));
        }
        if (tellsGrpc) {
            request.headers().set(Grpc.TIMEOUT, Grpc.timeout(expected));
        }
    }

    /// How long the whole exchange may take, as the connection's side sees it; 0 for ever.
    ///
    /// @param chain `max_stream_duration` of the chain; 0 for none
    public static long maxStreamMillis(RouteTimeouts route, RequestHead request, long chain) {
        var own = route.maxStream();
        var grpcMax = own.isEmpty() ? OptionalLong.empty() : own.get().grpcMax();
        var header = grpcMax.isPresent() ? Grpc.timeoutMillis(request) : OptionalLong.empty();
        if (own.isEmpty() || header.isEmpty()) {
            return own.isEmpty() ? chain : own.get().duration().orElse(chain);
        }
        long cap = grpcMax.orElse(0);
        long millis = cap == 0 ? header.getAsLong() : Math.min(cap, header.getAsLong());
        // A client that gave no time at all has it end at once.
        return Math.max(1, millis - own.get().grpcOffset().orElse(0));
    }

    private static long global(RouteTimeouts route, RequestHead request, boolean grpc) {
        if (route.maxStream().isPresent()) {
            return 0;
        }
        if (!grpc || route.maxGrpc().isEmpty()) {
            return route.timeout();
        }
        long millis = Grpc.timeoutMillis(request).orElse(0);
        long offset = route.grpcOffset().orElse(0);
        if (offset < millis) {
            millis -= offset;
        }
        long max = route.maxGrpc().getAsLong();
        return max != 0 && (millis == 0 || millis > max) ? max : millis;
    }

    private static boolean hedge(boolean route, Headers headers) {
        var asked = headers.get(HEDGE);
        if (asked == null) {
            return route;
        }
        headers.remove(HEDGE);
        return asked.equals("true") || route && !asked.equals("false");
    }

    private static long take(Headers headers, String name) {
        long number = number(headers, name);
        headers.remove(name);
        return number;
    }

    private static long number(Headers headers, String name) {
        var value = headers.get(name);
        return value == null ? -1 : HeaderNumbers.unsigned(value);
    }
}
