package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.match.HeaderMatch;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Which requests are delayed or answered with an error on purpose
/// (`envoy.extensions.filters.http.fault.v3.HTTPFault`).
///
/// @param upstreamCluster that a request must be going to; empty: any
/// @param headers that all must match
/// @param downstreamNodes of which one must have sent the request; empty: any
/// @param maxActive faults at a time, over which there are no more
public record FaultPolicy(
        Optional<Delay> delay,
        Optional<Abort> abort,
        String upstreamCluster,
        List<HeaderMatch> headers,
        Set<String> downstreamNodes,
        long maxActive) {
    public static final FaultPolicy NONE =
            new FaultPolicy(
                    Optional.empty(), Optional.empty(), "", List.of(), Set.of(), Long.MAX_VALUE);

    /// @param byHeader whether requests say how long themselves; `millis` does not count then
    public record Delay(long millis, boolean byHeader, Fraction share) {}

    /// @param httpStatus 0 where it is `grpcStatus`, or requests say it
    /// @param grpcStatus -1 where it is `httpStatus`, or requests say it
    public record Abort(int httpStatus, int grpcStatus, Fraction share) {
        boolean byHeader() {
            return httpStatus == 0 && grpcStatus < 0;
        }
    }
}
