package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.stage.LocalReply;
import java.util.Optional;
import java.util.OptionalInt;

/// The answers that routes themselves give.
final class RouteReplies {
    private static final String DETAILS = "direct_response";

    private RouteReplies() {}

    /// @param tellOriginal whether the path that is replaced is kept in `x-envoy-original-path`
    static LocalReply redirect(
            RouteDecision.Redirect redirect,
            RequestHead request,
            StreamInfo info,
            boolean tellOriginal) {
        var head = located(redirect.action().status(), redirect.location(request));
        redirect.finishRequest(request, tellOriginal);
        redirect.finishResponse(head, request, info);
        return reply(head, "");
    }

    static LocalReply direct(RouteDecision.Direct direct, RequestHead request, StreamInfo info) {
        var head = located(direct.action().status(), direct.location(request));
        direct.finishResponse(head, request, info);
        return reply(head, direct.action().body().orElse(""));
    }

    static LocalReply elsewhere(int status, String location) {
        return reply(located(status, location), "");
    }

    private static ResponseHead located(int status, String location) {
        var headers = new Headers();
        if (!location.isEmpty()) {
            headers.add("location", location);
        }
        return new ResponseHead(status, headers);
    }

    private static LocalReply reply(ResponseHead head, String body) {
        return new LocalReply(
                head.status(),
                body,
                head.headers(),
                OptionalInt.empty(),
                Optional.empty(),
                DETAILS);
    }
}
