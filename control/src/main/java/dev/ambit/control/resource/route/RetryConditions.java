package dev.ambit.control.resource.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// `retryOn`: names of conditions, and statuses as numbers.
public final class RetryConditions {
    public static final String STATUS_CODES = "retriable-status-codes";

    private static final Set<String> NAMES =
            Set.of(
                    "5xx",
                    "gateway-error",
                    "reset",
                    "reset-before-request",
                    "connect-failure",
                    "retriable-4xx",
                    "refused-stream",
                    STATUS_CODES,
                    "retriable-headers",
                    "envoy-ratelimited",
                    "http3-post-connect-failure",
                    "cancelled",
                    "deadline-exceeded",
                    "internal",
                    "resource-exhausted",
                    "unavailable");

    /// Those that have a name in HTTP (as Go's `http.StatusText` knows them).
    private static final Set<Integer> STATUSES =
            Set.of(
                    100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301,
                    302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409,
                    410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428,
                    429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511);

    /// @param names joined by commas
    public record Parsed(String names, List<Integer> statuses) {
        public Parsed {
            statuses = List.copyOf(statuses);
        }
    }

    private RetryConditions() {}

    static boolean isKnown(String condition) {
        return NAMES.contains(condition) || STATUSES.contains(status(condition));
    }

    static String expected() {
        return String.join(", ", NAMES.stream().sorted().toList()) + ", or an HTTP status";
    }

    public static Parsed parse(String retryOn) {
        var names = new ArrayList<String>();
        var statuses = new ArrayList<Integer>();
        for (var part : retryOn.split(",", -1)) {
            var condition = part.strip();
            if (STATUSES.contains(status(condition))) {
                statuses.add(status(condition));
            } else if (!condition.isEmpty()) {
                names.add(condition);
            }
        }
        var joined = String.join(",", names);
        return new Parsed(
                statuses.isEmpty() || joined.contains(STATUS_CODES)
                        ? joined
                        : joined + "," + STATUS_CODES,
                statuses);
    }

    private static int status(String text) {
        return text.length() == 3 && text.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Integer.parseInt(text)
                : 0;
    }
}
