package dev.ambit.waypoint.route;

import org.jspecify.annotations.Nullable;

/// What is worth another attempt (`x-envoy-retry-on`, `x-envoy-retry-grpc-on`).
public enum RetryOn {
    FIVE_XX("5xx"),
    GATEWAY_ERROR("gateway-error"),
    RESET("reset"),
    RESET_BEFORE_REQUEST("reset-before-request"),
    CONNECT_FAILURE("connect-failure"),
    ENVOY_RATE_LIMITED("envoy-ratelimited"),
    RETRIABLE_4XX("retriable-4xx"),
    REFUSED_STREAM("refused-stream"),
    RETRIABLE_STATUS_CODES("retriable-status-codes"),
    RETRIABLE_HEADERS("retriable-headers"),
    /// Taken and of no effect: there is no HTTP/3 here.
    HTTP3_POST_CONNECT_FAILURE("http3-post-connect-failure"),
    CANCELLED("cancelled"),
    DEADLINE_EXCEEDED("deadline-exceeded"),
    INTERNAL("internal"),
    RESOURCE_EXHAUSTED("resource-exhausted"),
    UNAVAILABLE("unavailable");

    private static final RetryOn[] ALL = values();

    private final String text;

    RetryOn(String text) {
        this.text = text;
    }

    public int mask() {
        return 1 << ordinal();
    }

    public boolean in(int mask) {
        return (mask & mask()) != 0;
    }

    boolean ofGrpc() {
        return ordinal() >= CANCELLED.ordinal();
    }

    /// Of a list with commas; what is unknown is passed over, as Envoy does.
    public static int parse(String list) {
        return parseHttp(list) | parseGrpc(list);
    }

    static int parseHttp(String list) {
        return parse(list, false);
    }

    static int parseGrpc(String list) {
        return parse(list, true);
    }

    private static int parse(String list, boolean grpc) {
        int mask = 0;
        int from = 0;
        while (from <= list.length()) {
            int comma = list.indexOf(',', from);
            int to = comma < 0 ? list.length() : comma;
            var condition = find(list.substring(from, to).strip());
            if (condition != null && condition.ofGrpc() == grpc) {
                mask |= condition.mask();
            }
            from = to + 1;
        }
        return mask;
    }

    private static @Nullable RetryOn find(String text) {
        for (var condition : ALL) {
            if (condition.text.equals(text)) {
                return condition;
            }
        }
        return null;
    }
}
