package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.stage.LocalReply;
import java.util.Optional;
import java.util.OptionalInt;

/// What a caller is answered where no server's answer can be handed on, in the words of Envoy's
/// router.
final class ForwardingReplies {
    private ForwardingReplies() {}

    /// @param status that the route asks for
    static LocalReply noCluster(int status) {
        return LocalReply.of(status, "", "cluster_not_found")
                .flagged(ResponseFlag.NO_CLUSTER_FOUND);
    }

    static LocalReply noHealthyHost() {
        return LocalReply.of(503, "no healthy upstream", "no_healthy_upstream")
                .flagged(ResponseFlag.NO_HEALTHY_UPSTREAM);
    }

    /// @param why no address is known, in the resolver's words
    static LocalReply notResolved(String why) {
        var details = "dns_resolution_failure{" + why.replace(' ', '_') + "}";
        return LocalReply.of(503, "DNS resolution failure", details)
                .flagged(ResponseFlag.DNS_RESOLUTION_FAILED);
    }

    /// The request has become larger than what is kept for another attempt, while there was none.
    static LocalReply tooMuchKept() {
        return LocalReply.of(
                507,
                "exceeded request buffer limit while retrying upstream",
                "request_payload_exceeded_retry_buffer_limit");
    }

    /// @param retried whether it was the last of several attempts
    /// @param tell whether headers of Envoy's own may be sent
    static LocalReply lost(Loss loss, boolean retried, boolean tell) {
        var headers = new Headers();
        if (loss.overloaded() && tell) {
            headers.add("x-envoy-overloaded", "true");
        }
        return new LocalReply(
                loss.status(),
                loss.body(retried),
                headers,
                OptionalInt.empty(),
                Optional.empty(),
                loss.details(false));
    }

    static LocalReply timedOut(String details) {
        return LocalReply.of(504, "upstream request timeout", details);
    }

    /// @param complete whether all of the request had come
    static LocalReply tookTooLong(boolean complete) {
        return LocalReply.of(
                complete ? 504 : 408,
                "upstream max stream duration reached",
                "upstream_max_stream_duration_reached");
    }
}
