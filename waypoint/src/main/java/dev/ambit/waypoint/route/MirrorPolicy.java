package dev.ambit.waypoint.route;

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
    public RequestHead copy(RequestHead sent) {
        var copy = sent.copy();
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
