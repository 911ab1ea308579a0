package dev.ambit.waypoint.route;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.match.HeaderMatch;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One request's retries: the route's policy together with what the request's headers ask for.
/// Decides; whoever carries it out also asks the cluster's circuit breaker (`Upstream.retry`) and
/// waits `backOffMillis`. On the exchange's loop.
public final class RetryState {
    private static final String RETRY_ON = "x-envoy-retry-on";
    private static final String RETRY_GRPC_ON = "x-envoy-retry-grpc-on";
    private static final String MAX_RETRIES = "x-envoy-max-retries";
    private static final String STATUS_CODES = "x-envoy-retriable-status-codes";
    private static final String HEADER_NAMES = "x-envoy-retriable-header-names";
    private static final String RATE_LIMITED = "x-envoy-ratelimited";
    private static final int GRPC_MASK =
            RetryOn.CANCELLED.mask()
                    | RetryOn.DEADLINE_EXCEEDED.mask()
                    | RetryOn.INTERNAL.mask()
                    | RetryOn.RESOURCE_EXHAUSTED.mask()
                    | RetryOn.UNAVAILABLE.mask();
    private static final long MILLIS_PER_SECOND = 1_000;

    private final RetryPolicy policy;
    private final int conditions;
    private final List<Integer> statusCodes;
    private final List<HeaderMatch> responseHeaders;
    private long remaining;
    private long nextInterval;
    private long lowerBoundMillis;

    /// What is to be done after an attempt.
    public enum Verdict {
        /// It is not worth another.
        NO,
        /// It would be, but there were enough: `URX`.
        LIMIT_EXCEEDED,
        RETRY
    }

    /// How an attempt ended without a response.
    public enum Loss {
        /// A circuit breaker was in its way.
        OVERFLOW,
        /// No connection.
        CONNECT_FAILURE,
        /// The peer refused it before it did anything.
        REFUSED,
        /// Reset, connection lost, an attempt's timeout.
        RESET;

        public static Loss of(StreamReset reset) {
            return reset.kind() == StreamReset.Kind.REMOTE_REFUSED ? REFUSED : RESET;
        }

        /// Null for one after which nobody could be tried.
        public static @Nullable Loss of(UpstreamFailure failure) {
            return switch (failure.kind()) {
                case OVERFLOW -> OVERFLOW;
                case CONNECT_FAILED, CONNECT_TIMEOUT -> CONNECT_FAILURE;
                case NO_HEALTHY_HOST, DNS -> null;
            };
        }
    }

    private RetryState(
            RetryPolicy policy,
            int conditions,
            long remaining,
            List<Integer> statusCodes,
            List<HeaderMatch> responseHeaders) {
        this.policy = policy;
        this.conditions = conditions;
        this.remaining = remaining;
        this.statusCodes = statusCodes;
        this.responseHeaders = responseHeaders;
        this.nextInterval = policy.baseMillis();
    }

    /// Takes the headers that are about retries away, for no upstream is to see them.
    ///
    /// @return null where there will be no retries
    public static @Nullable RetryState begin(RetryPolicy policy, RequestHead request) {
        var headers = request.headers();
        var retryOn = headers.get(RETRY_ON);
        var retryGrpcOn = headers.get(RETRY_GRPC_ON);
        var state =
                retryOn == null && retryGrpcOn == null && policy.conditions() == 0
                        ? null
                        : merged(policy, request, retryOn, retryGrpcOn);
        headers.remove(RETRY_ON);
        headers.remove(RETRY_GRPC_ON);
        headers.remove(MAX_RETRIES);
        headers.remove(HEADER_NAMES);
        headers.remove(STATUS_CODES);
        return state;
    }

    private static RetryState merged(
            RetryPolicy policy,
            RequestHead request,
            @Nullable String retryOn,
            @Nullable String retryGrpcOn) {
        int conditions = policy.conditions();
        if (retryOn != null) {
            conditions |= RetryOn.parseHttp(retryOn);
        }
        if (retryGrpcOn != null) {
            conditions |= RetryOn.parseGrpc(retryGrpcOn);
        }
        if (!policy.requestHeaders().isEmpty() && !any(policy.requestHeaders(), request)) {
            conditions = 0;
        }
        return new RetryState(
                policy,
                conditions,
                remaining(policy, conditions, request.headers()),
                statusCodes(policy, request.headers()),
                responseHeaders(policy, request.headers()));
    }

    private static boolean any(List<HeaderMatch> matches, RequestHead request) {
        for (var match : matches) {
            if (match.matches(request)) {
                return true;
            }
        }
        return false;
    }

    private static long remaining(RetryPolicy policy, int conditions, Headers headers) {
        var asked = conditions == 0 ? null : headers.get(MAX_RETRIES);
        long number = asked == null ? -1 : HeaderNumbers.unsigned(asked);
        return number < 0 ? policy.retries() : number;
    }

    private static List<Integer> statusCodes(RetryPolicy policy, Headers headers) {
        var asked = headers.get(STATUS_CODES);
        if (asked == null) {
            return policy.statusCodes();
        }
        var codes = new ArrayList<>(policy.statusCodes());
        for (var text : asked.split(",", -1)) {
            long code = HeaderNumbers.unsigned(text);
            if (code >= 0 && code <= Integer.MAX_VALUE) {
                codes.add((int) code);
            }
        }
        return codes;
    }

    private static List<HeaderMatch> responseHeaders(RetryPolicy policy, Headers headers) {
        var asked = headers.get(HEADER_NAMES);
        if (asked == null) {
            return policy.responseHeaders();
        }
        var matches = new ArrayList<>(policy.responseHeaders());
        for (var name : asked.split(",", -1)) {
            if (!name.isBlank()) {
                matches.add(
                        new HeaderMatch(
                                Ascii.lower(name.strip()),
                                new HeaderMatch.Test.Present(true),
                                false,
                                false));
            }
        }
        return matches;
    }

    public RetryPolicy policy() {
        return policy;
    }

    /// @param nowSeconds of the wall clock since the epoch, for headers that name an instant
    public Verdict onResponse(ResponseHead response, long nowSeconds) {
        if (!worthIt(response)) {
            return Verdict.NO;
        }
        if (!policy.resetHeaders().isEmpty()) {
            lowerBoundMillis = resetMillis(response.headers(), nowSeconds);
        }
        return spend();
    }

    /// @param requestStarted whether anything of the request had been sent
    public Verdict onLoss(Loss loss, boolean requestStarted) {
        return worthIt(loss, requestStarted) ? spend() : Verdict.NO;
    }

    /// An attempt takes longer than its timeout and goes on beside the next one (hedging).
    public Verdict onHedge() {
        return spend();
    }

    private Verdict spend() {
        if (remaining == 0) {
            return Verdict.LIMIT_EXCEEDED;
        }
        remaining--;
        return Verdict.RETRY;
    }

    /// Whether a response would be worth another attempt, with none spent. Hedged requests ask: a
    /// bad response is held back while others may come.
    public boolean worthIt(ResponseHead response) {
        if (response.headers().contains(RATE_LIMITED)) {
            return RetryOn.ENVOY_RATE_LIMITED.in(conditions);
        }
        int status = response.status();
        return RetryOn.FIVE_XX.in(conditions) && status >= 500 && status < 600
                || RetryOn.GATEWAY_ERROR.in(conditions) && status >= 502 && status <= 504
                || RetryOn.RETRIABLE_4XX.in(conditions) && status == 409
                || RetryOn.RETRIABLE_STATUS_CODES.in(conditions) && statusCodes.contains(status)
                || RetryOn.RETRIABLE_HEADERS.in(conditions) && anyHeader(response)
                || (conditions & GRPC_MASK) != 0 && grpc(response);
    }

    private boolean anyHeader(ResponseHead response) {
        for (int at = 0; at < responseHeaders.size(); at++) {
            if (responseHeaders.get(at).matches(response)) {
                return true;
            }
        }
        return false;
    }

    private boolean grpc(ResponseHead response) {
        return switch (Grpc.status(response).orElse(0)) {
            case 1 -> RetryOn.CANCELLED.in(conditions);
            case 4 -> RetryOn.DEADLINE_EXCEEDED.in(conditions);
            case 8 -> RetryOn.RESOURCE_EXHAUSTED.in(conditions);
            case 13 -> RetryOn.INTERNAL.in(conditions);
            case 14 -> RetryOn.UNAVAILABLE.in(conditions);
            default -> false;
        };
    }

    private boolean worthIt(Loss loss, boolean requestStarted) {
        if (loss == Loss.OVERFLOW) {
            return false;
        }
        return loss == Loss.CONNECT_FAILURE && RetryOn.CONNECT_FAILURE.in(conditions)
                || RetryOn.RESET_BEFORE_REQUEST.in(conditions) && !requestStarted
                || RetryOn.RESET.in(conditions)
                || RetryOn.FIVE_XX.in(conditions)
                || RetryOn.GATEWAY_ERROR.in(conditions)
                || loss == Loss.REFUSED && RetryOn.REFUSED_STREAM.in(conditions);
    }

    /// 0 where no header says anything that is obeyed.
    private long resetMillis(Headers headers, long nowSeconds) {
        for (var header : policy.resetHeaders()) {
            var value = headers.get(header.name());
            long number = value == null ? -1 : HeaderNumbers.unsigned(value);
            long seconds = header.unixTime() ? number - nowSeconds : number;
            if (number >= 0
                    && seconds >= 0
                    && seconds <= policy.resetMaxMillis() / MILLIS_PER_SECOND) {
                return seconds * MILLIS_PER_SECOND;
            }
        }
        return 0;
    }

    /// How long to wait before the next attempt: full jitter up to an interval that doubles, or
    /// what the response asked for with up to half as much again.
    ///
    /// @param random any 64 bits
    public long backOffMillis(LongSupplier random) {
        if (lowerBoundMillis > 1) {
            long least = lowerBoundMillis;
            lowerBoundMillis = 0;
            return least + Long.remainderUnsigned(random.getAsLong(), least / 2);
        }
        long max = policy.maxMillis().orElse(policy.baseMillis() * RetryPolicy.MAX_FACTOR);
        long interval = nextInterval;
        nextInterval = interval >= max ? interval : Math.min(2 * interval, max);
        return Math.min(Long.remainderUnsigned(random.getAsLong(), interval), max);
    }
}
