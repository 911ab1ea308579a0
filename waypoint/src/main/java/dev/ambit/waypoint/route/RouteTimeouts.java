package dev.ambit.waypoint.route;

import java.util.Optional;
import java.util.OptionalLong;

/// How long a route lets things take, in milliseconds; 0 is for ever.
///
/// @param timeout of the whole response
/// @param idle of the stream, over that of the chain
/// @param maxGrpc cap of `grpc-timeout`; where it is set, that header counts instead of `timeout`
/// @param grpcOffset what `grpc-timeout` is shortened by
/// @param maxStream `max_stream_duration`; where it is set, `timeout` and `maxGrpc` do not count
public record RouteTimeouts(
        long timeout,
        OptionalLong idle,
        OptionalLong maxGrpc,
        OptionalLong grpcOffset,
        Optional<MaxStream> maxStream) {
    public static final long DEFAULT_TIMEOUT = 15_000;

    public static final RouteTimeouts DEFAULT =
            new RouteTimeouts(
                    DEFAULT_TIMEOUT,
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    Optional.empty());

    /// `RouteAction.MaxStreamDuration`.
    ///
    /// @param duration over that of the chain
    /// @param grpcMax cap of `grpc-timeout`; where it is set, that header counts
    /// @param grpcOffset what `grpc-timeout` is shortened by
    public record MaxStream(OptionalLong duration, OptionalLong grpcMax, OptionalLong grpcOffset) {}
}
