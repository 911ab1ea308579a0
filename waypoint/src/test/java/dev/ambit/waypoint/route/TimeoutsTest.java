package dev.ambit.waypoint.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimeoutsTest {
    private static final Timeouts.Options TOLD = new Timeouts.Options(true, false);

    private static RouteTimeouts route(long timeout, @Nullable Long maxGrpc, long offset) {
        return new RouteTimeouts(
                timeout,
                OptionalLong.empty(),
                maxGrpc == null ? OptionalLong.empty() : OptionalLong.of(maxGrpc),
                offset == 0 ? OptionalLong.empty() : OptionalLong.of(offset),
                Optional.empty());
    }

    private static RetryPolicy perTry(long millis) {
        var none = RetryPolicy.NONE;
        return new RetryPolicy(
                none.conditions(),
                none.retries(),
                millis,
                0,
                none.statusCodes(),
                none.responseHeaders(),
                none.requestHeaders(),
                none.baseMillis(),
                none.maxMillis(),
                none.resetHeaders(),
                none.resetMaxMillis(),
                false,
                none.previousPriorities(),
                1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // Route's timeout; per try; the request's headers; global; per try; expected.
                "0; 0; ''; 0; 0; ",
                "5000; 0; ''; 5000; 0; 5000",
                "5000; 1000; ''; 5000; 1000; 1000",
                "5000; 5000; ''; 5000; 0; 5000",
                "0; 1000; ''; 0; 1000; 1000",
                "5000; 0; x-envoy-upstream-rq-timeout-ms: 700; 700; 0; 700",
                "5000; 0; x-envoy-upstream-rq-timeout-ms: 0; 0; 0; ",
                "5000; 0; x-envoy-upstream-rq-timeout-ms: x; 5000; 0; 5000",
                "5000; 1000; x-envoy-upstream-rq-per-try-timeout-ms: 50; 5000; 50; 50",
                "5000; 1000; x-envoy-upstream-rq-per-try-timeout-ms: 9000; 5000; 0; 5000",
                "5000; 1000; x-envoy-hedge-on-per-try-timeout: true; 5000; 1000; 5000",
            })
    void begin_plainRequest_takesRouteAndHeaders(
            long timeout,
            long perTry,
            String headers,
            long global,
            long expectedPerTry,
            @Nullable String told) {
        var request = Requests.with("GET", "/", headers);
        var timeouts =
                Timeouts.begin(
                        route(timeout, null, 0), perTry(perTry), false, request, false, TOLD);
        assertThat(timeouts.globalMillis()).isEqualTo(global);
        assertThat(timeouts.perTryMillis()).isEqualTo(expectedPerTry);
        assertThat(request.get("x-envoy-expected-rq-timeout-ms")).isEqualTo(told);
        assertThat(request.headers().size()).isEqualTo(told == null ? 0 : 1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // Cap; offset; grpc-timeout; global; what the upstream is told.
                "0; 0; ; 0; ",
                "0; 0; 3S; 3000; 3000m",
                "2000; 0; 3S; 2000; 2000m",
                "2000; 0; ; 2000; 2000m",
                "0; 500; 3S; 2500; 2500m",
                "0; 5000; 3S; 3000; 3000m",
                "0; 0; 1n; 1; 1m",
                "0; 0; 1500u; 2; 2m",
                "0; 0; 2M; 120000; 120000m",
                "0; 0; 99999999H; 359999996400000; 99999999H",
                "0; 0; 3X; 0; 3X",
                "0; 0; S; 0; S",
                "; 0; 3S; 15000; 3S",
            })
    void begin_grpc_takesItsOwnTimeoutUpToTheCap(
            @Nullable Long max,
            long offset,
            @Nullable String header,
            long global,
            @Nullable String told) {
        var request = Requests.with("POST", "/", header == null ? "" : "grpc-timeout: " + header);
        var timeouts =
                Timeouts.begin(
                        route(15_000, max, offset),
                        RetryPolicy.NONE,
                        false,
                        request,
                        true,
                        new Timeouts.Options(false, false));
        assertThat(timeouts.globalMillis()).isEqualTo(global);
        assertThat(request.get("grpc-timeout")).isEqualTo(told);
        assertThat(request.get("x-envoy-expected-rq-timeout-ms")).isNull();
    }

    @Test
    void tell_laterAttempt_hasWhatIsLeft() {
        var request = Requests.get("/");
        var timeouts =
                Timeouts.begin(route(5_000, null, 0), perTry(3_000), false, request, false, TOLD);
        timeouts.tell(request, 1_000, TOLD);
        assertThat(request.get("x-envoy-expected-rq-timeout-ms")).isEqualTo("3000");
        timeouts.tell(request, 4_000, TOLD);
        assertThat(request.get("x-envoy-expected-rq-timeout-ms")).isEqualTo("1000");
        timeouts.tell(request, 6_000, TOLD);
        assertThat(request.get("x-envoy-expected-rq-timeout-ms")).isEqualTo("1");
    }

    @Test
    void begin_expectedRespected_winsAndStays() {
        var request =
                Requests.get(
                        "/",
                        "x-envoy-expected-rq-timeout-ms",
                        "70",
                        "x-envoy-upstream-rq-timeout-ms",
                        "90");
        var timeouts =
                Timeouts.begin(
                        route(5_000, null, 0),
                        RetryPolicy.NONE,
                        false,
                        request,
                        false,
                        new Timeouts.Options(true, true));
        assertThat(timeouts.globalMillis()).isEqualTo(70);
        assertThat(request.get("x-envoy-expected-rq-timeout-ms")).isEqualTo("70");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // Own duration; gRPC cap; offset; grpc-timeout; chain's; what counts.
                "; ; ; ; 900; 900",
                "0; ; ; ; 900; 0",
                "500; ; ; 1S; 900; 500",
                "500; 0; ; 1S; 900; 1000",
                "500; 700; ; 1S; 900; 700",
                "500; 0; 300; 1S; 900; 700",
                "500; 0; 3000; 1S; 900; 1",
                "500; 0; ; ; 900; 500",
            })
    void maxStream_grpcTimeout_isCappedAndShortened(
            @Nullable Long own,
            @Nullable Long cap,
            @Nullable Long offset,
            @Nullable String header,
            long chain,
            long expected) {
        var route =
                new RouteTimeouts(
                        15_000,
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        own == null && cap == null
                                ? Optional.empty()
                                : Optional.of(
                                        new RouteTimeouts.MaxStream(
                                                optional(own), optional(cap), optional(offset))));
        var request = Requests.with("POST", "/", header == null ? "" : "grpc-timeout: " + header);
        assertThat(Timeouts.maxStreamMillis(route, request, chain)).isEqualTo(expected);
    }

    private static OptionalLong optional(@Nullable Long value) {
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
