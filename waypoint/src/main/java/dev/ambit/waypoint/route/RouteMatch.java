package dev.ambit.waypoint.route;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.match.HeaderMatch;
import dev.ambit.waypoint.match.MetadataMatch;
import dev.ambit.waypoint.match.QueryMatch;
import dev.ambit.waypoint.match.TextMatch;
import java.util.List;
import java.util.Optional;

/// What a request must be to take a route (`envoy.config.route.v3.RouteMatch`).
///
/// @param fraction share of the requests, which takes the exchange's random value
/// @param grpc whether only gRPC requests match
/// @param peerCertificate whether a caller must have proven an identity, or must not have
public record RouteMatch(
        PathMatch path,
        List<HeaderMatch> headers,
        List<QueryMatch> query,
        List<MetadataMatch> metadata,
        List<FilterStateMatch> filterState,
        Fraction fraction,
        boolean grpc,
        Optional<Boolean> peerCertificate) {
    /// A condition on a text of filter state.
    public record FilterStateMatch(String key, TextMatch value) {}

    public static RouteMatch of(PathMatch path) {
        return new RouteMatch(
                path,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Fraction.ALL,
                false,
                Optional.empty());
    }

    /// @param path without query and fragment
    public boolean matches(String path, RequestHead head, StreamInfo info, long random) {
        if (path.isEmpty() || this.path instanceof PathMatch.Connect) {
            if (!(this.path instanceof PathMatch.Connect) || !head.method().equals("CONNECT")) {
                return false;
            }
        } else if (!this.path.matches(path)) {
            return false;
        }
        return matchesHead(head)
                && fraction.takes(random)
                && (!grpc || Grpc.isRequest(head))
                && matchesInfo(info);
    }

    private boolean matchesHead(RequestHead head) {
        for (int at = 0; at < headers.size(); at++) {
            if (!headers.get(at).matches(head)) {
                return false;
            }
        }
        for (int at = 0; at < query.size(); at++) {
            if (!query.get(at).matches(head.path())) {
                return false;
            }
        }
        return true;
    }

    private boolean matchesInfo(StreamInfo info) {
        for (int at = 0; at < metadata.size(); at++) {
            if (!metadata.get(at).matches(info.dynamicMetadata())) {
                return false;
            }
        }
        for (int at = 0; at < filterState.size(); at++) {
            var match = filterState.get(at);
            if (!(info.filterState().get(match.key()) instanceof String text)
                    || !match.value().matches(text)) {
                return false;
            }
        }
        return peerCertificate.isEmpty()
                || peerCertificate.get() == !info.connection().peerPrincipal().isEmpty();
    }
}
