package dev.ambit.waypoint.route;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.match.Fraction;
import java.util.Optional;

/// A copy of requests for somebody else, whose answer nobody waits for (`RequestMirrorPolicy`).
///
/// @param cluster empty where a header names it
/// @param clusterHeader empty where `cluster` names it
/// @param traceSampled empty: as the request itself
/// @param suffixed whether the copy's host gets `-shadow`
public record MirrorPolicy(
        String cluster,
        String clusterHeader,
        Fraction fraction,
        Optional<Boolean> traceSampled,
        boolean suffixed) {
    private static final String SUFFIX = "-shadow";
    private static final String TRACE_PARENT = "traceparent";
    private static final int TRACE_PARENT_LENGTH = 55;
    private static final String B3_SAMPLED = "x-b3-sampled";

    /// W3C Trace Context section 3.2.2.5 (`trace-flags`), and B3.
    private static void sampled(Headers headers, boolean sampled) {
        var parent = headers.get(TRACE_PARENT);
        if (parent != null && parent.length() == TRACE_PARENT_LENGTH) {
            headers.set(
                    TRACE_PARENT,
                    parent.substring(0, TRACE_PARENT_LENGTH - 2) + (sampled ? "01" : "00"));
        }
        if (headers.get(B3_SAMPLED) != null) {
            headers.set(B3_SAMPLED, sampled ? "1" : "0");
        }
    }

    /// Which cluster gets the copy; empty for none.
    public String cluster(RequestHead request) {
        if (clusterHeader.isEmpty()) {
            return cluster;
        }
        var named = request.headers().get(clusterHeader);
        return named == null ? "" : named;
    }

    /// The copy's head.
    ///
    /// @param sent as the upstream gets it
    /// @param traced whether it carries a span of ours
    public RequestHead copy(RequestHead sent, boolean traced) {
        var copy = sent.copy();
        if (traced && traceSampled.isPresent()) {
            sampled(copy.headers(), traceSampled.get());
        }
        if (suffixed) {
            var host = copy.authority();
            int colon = host.indexOf(':');
            boolean port = colon >= 0 && colon == host.lastIndexOf(':');
            copy.authority(
                    port
                            ? host.substring(0, colon) + SUFFIX + host.substring(colon)
                            : host + SUFFIX);
        }
        return copy;
    }
}
