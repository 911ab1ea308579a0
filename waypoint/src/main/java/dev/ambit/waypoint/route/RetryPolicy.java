package dev.ambit.waypoint.route;

import dev.ambit.waypoint.match.HeaderMatch;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// When and how a request is tried again (`envoy.config.route.v3.RetryPolicy`).
///
/// @param conditions `RetryOn` masks
/// @param retries after the first attempt
/// @param perTryTimeoutMillis 0 for none
/// @param perTryIdleMillis 0 for none
/// @param statusCodes for `RetryOn.RETRIABLE_STATUS_CODES`
/// @param responseHeaders for `RetryOn.RETRIABLE_HEADERS`, any of them
/// @param requestHeaders of which one must match for there to be retries at all; empty: no matter
/// @param baseMillis of the back-off
/// @param maxMillis of the back-off; empty: ten times the base
/// @param resetHeaders of responses that say when to come back
/// @param resetMaxMillis over which such a header is not obeyed
/// @param avoidPreviousHosts whether hosts that were tried are avoided
/// @param previousPriorities after how many attempts priorities that were tried are avoided
/// @param hostSelections how often a host is chosen again for `avoidPreviousHosts`
public record RetryPolicy(
        int conditions,
        int retries,
        long perTryTimeoutMillis,
        long perTryIdleMillis,
        List<Integer> statusCodes,
        List<HeaderMatch> responseHeaders,
        List<HeaderMatch> requestHeaders,
        long baseMillis,
        OptionalLong maxMillis,
        List<ResetHeader> resetHeaders,
        long resetMaxMillis,
        boolean avoidPreviousHosts,
        OptionalInt previousPriorities,
        int hostSelections) {
    public static final long DEFAULT_BASE_MILLIS = 25;
    public static final int MAX_FACTOR = 10;
    public static final long DEFAULT_RESET_MAX_MILLIS = 300_000;

    /// No retries unless the request's own headers ask for them.
    public static final RetryPolicy NONE = of(0, 1);

    public static RetryPolicy of(int conditions, int retries) {
        return new RetryPolicy(
                conditions,
                retries,
                0,
                0,
                List.of(),
                List.of(),
                List.of(),
                DEFAULT_BASE_MILLIS,
                OptionalLong.empty(),
                List.of(),
                DEFAULT_RESET_MAX_MILLIS,
                false,
                OptionalInt.empty(),
                1);
    }

    /// A header as `retry-after`.
    ///
    /// @param name lower-case
    /// @param unixTime whether it is an instant, or a number of seconds from now
    public record ResetHeader(String name, boolean unixTime) {}
}
