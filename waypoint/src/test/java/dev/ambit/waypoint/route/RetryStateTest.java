package dev.ambit.waypoint.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.route.RetryState.Loss;
import dev.ambit.waypoint.route.RetryState.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryStateTest {
    private static RetryState state(String on, int retries, String headers) {
        return Objects.requireNonNull(
                RetryState.begin(
                        RetryPolicy.of(RetryOn.parse(on), retries),
                        Requests.with("GET", "/", headers)));
    }

    private static ResponseHead response(int status, String headers) {
        return new ResponseHead(status, Requests.headers(headers));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "5xx; 500; ''; RETRY",
                "5xx; 599; ''; RETRY",
                "5xx; 499; ''; NO",
                "gateway-error; 500; ''; NO",
                "gateway-error; 502; ''; RETRY",
                "gateway-error; 504; ''; RETRY",
                "gateway-error; 505; ''; NO",
                "retriable-4xx; 409; ''; RETRY",
                "retriable-4xx; 404; ''; NO",
                "connect-failure,refused-stream; 503; ''; NO",
                "5xx; 503; x-envoy-ratelimited: true; NO",
                "envoy-ratelimited; 429; x-envoy-ratelimited: true; RETRY",
                "cancelled; 200; grpc-status: 1; RETRY",
                "deadline-exceeded; 200; grpc-status: 4; RETRY",
                "resource-exhausted; 200; grpc-status: 8; RETRY",
                "internal; 200; grpc-status: 13; RETRY",
                "unavailable; 200; grpc-status: 14; RETRY",
                "unavailable; 200; grpc-status: 0; NO",
                "unavailable; 200; grpc-status: x; NO",
                "unavailable; 503; ''; NO",
                "nonsense, 5xx ; 500; ''; RETRY",
            })
    void onResponse_condition_decides(String on, int status, String headers, Verdict verdict) {
        assertThat(state(on, 1, "").onResponse(response(status, headers), 0)).isEqualTo(verdict);
    }

    @ParameterizedTest
    @CsvSource({
        // condition, how it was lost, whether the request had begun, verdict
        "connect-failure, CONNECT_FAILURE, false, RETRY",
        "connect-failure, RESET, true, NO",
        "connect-failure, REFUSED, true, NO",
        "refused-stream, REFUSED, true, RETRY",
        "refused-stream, RESET, true, NO",
        "reset, RESET, true, RETRY",
        "reset, CONNECT_FAILURE, false, RETRY",
        "reset-before-request, RESET, true, NO",
        "reset-before-request, RESET, false, RETRY",
        "5xx, RESET, true, RETRY",
        "gateway-error, CONNECT_FAILURE, false, RETRY",
        "5xx, OVERFLOW, false, NO",
        "unavailable, RESET, true, NO",
        "retriable-status-codes, RESET, true, NO",
    })
    void onLoss_condition_decides(String on, Loss loss, boolean started, Verdict verdict) {
        assertThat(state(on, 1, "").onLoss(loss, started)).isEqualTo(verdict);
    }

    @Test
    void spend_moreThanAllowed_limitIsTold() {
        var state = state("5xx", 2, "");
        var bad = response(503, "");
        assertThat(state.onResponse(bad, 0)).isEqualTo(Verdict.RETRY);
        assertThat(state.onHedge()).isEqualTo(Verdict.RETRY);
        assertThat(state.onResponse(bad, 0)).isEqualTo(Verdict.LIMIT_EXCEEDED);
        assertThat(state.onResponse(response(200, ""), 0)).isEqualTo(Verdict.NO);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // Policy's condition; the request's headers; status; how many retries there are.
                "''; x-envoy-retry-on: 5xx; 500; 1",
                "''; x-envoy-retry-grpc-on: unavailable; 500; 0",
                "''; x-envoy-retry-on: unavailable; 500; 0",
                "5xx; x-envoy-max-retries: 3; 500; 3",
                "5xx; x-envoy-max-retries: 0; 500; 0",
                "5xx; x-envoy-max-retries: x; 500; 1",
                "retriable-status-codes; 'x-envoy-retriable-status-codes: 418,420'; 420; 1",
                "retriable-status-codes; ''; 418; 0",
                "retriable-headers; x-envoy-retriable-header-names: X-Again; 200; 1",
            })
    void begin_headers_addToThePolicy(String on, String headers, int status, int retries) {
        var request = Requests.with("GET", "/", headers + ", x-kept: 1");
        var state = RetryState.begin(RetryPolicy.of(RetryOn.parse(on), 1), request);
        assertThat(request.headers().toString()).isEqualTo("x-kept: 1\n");
        assertThat(count(state, response(status, "x-again: 1"))).isEqualTo(retries);
    }

    private static int count(@Nullable RetryState state, ResponseHead response) {
        int count = 0;
        while (state != null && state.onResponse(response, 0) == Verdict.RETRY) {
            count++;
        }
        return count;
    }

    @Test
    void begin_nothingToRetryOn_isNone() {
        assertThat(RetryState.begin(RetryPolicy.NONE, Requests.get("/"))).isNull();
    }

    @Test
    void backOff_defaults_doublesToTenTimesTheBase() {
        var state = state("5xx", 9, "");
        var most = new ArrayList<Long>();
        for (int attempt = 0; attempt < 6; attempt++) {
            // The largest value below each interval that 64 random bits can give.
            most.add(state.backOffMillis(() -> 199_999L * 25 * 2 * 2 * 2 * 5 - 1));
        }
        assertThat(most).containsExactly(24L, 49L, 99L, 199L, 249L, 249L);
    }

    private static RetryPolicy limited(long max) {
        return new RetryPolicy(
                RetryOn.ENVOY_RATE_LIMITED.mask(),
                5,
                0,
                0,
                List.of(),
                List.of(),
                List.of(),
                25,
                OptionalLong.empty(),
                List.of(
                        new RetryPolicy.ResetHeader("retry-after", false),
                        new RetryPolicy.ResetHeader("x-reset", true)),
                max,
                false,
                OptionalInt.empty(),
                1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "retry-after: 2; 2999",
                "x-reset: 1003; 4499",
                "retry-after: 400; 24",
                "retry-after: soon, x-reset: 1001; 1499",
                "x-reset: 999; 24",
                "''; 24",
            })
    void backOff_responseSaysWhen_isObeyedWithinTheLimit(String headers, long most) {
        var state = Objects.requireNonNull(RetryState.begin(limited(300_000), Requests.get("/")));
        state.onResponse(response(429, headers + ", x-envoy-ratelimited: true"), 1_000);
        assertThat(state.backOffMillis(() -> 2L * 3 * 5 * 5 * 1_000 * 100 - 1)).isEqualTo(most);
        assertThat(state.backOffMillis(() -> 0)).isZero();
    }
}
