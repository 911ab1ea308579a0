package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.model.HttpOptions;

/// What the connection manager does to each response's head last: `via`, `x-request-id`, `date`,
/// `server`.
final class ResponseWork {
    private ResponseWork() {}

    static void finish(ResponseHead head, HttpOptions options, StreamInfo info, HttpDate date) {
        var headers = head.headers();
        if (!options.via().isEmpty()) {
            appendVia(headers, options.via());
        }
        if (options.requestId().inResponse() && !info.requestId.isEmpty()) {
            headers.set("x-request-id", info.requestId);
        }
        if (!headers.contains("date")) {
            headers.add("date", date.now());
        }
        switch (options.serverHeader()) {
            case OVERWRITE -> headers.set("server", options.serverName());
            case APPEND_IF_ABSENT -> {
                if (!headers.contains("server")) {
                    headers.add("server", options.serverName());
                }
            }
            case PASS_THROUGH -> {}
        }
    }

    static void appendVia(Headers headers, String via) {
        var before = headers.joined("via");
        headers.set("via", before == null || before.isEmpty() ? via : before + ", " + via);
    }
}
