package dev.ambit.waypoint.stage;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.http.Headers;
import java.util.Optional;
import java.util.OptionalInt;

/// An answer made here. For a gRPC request it becomes a 200 with `grpc-status` and `grpc-message`
/// in its head, as Envoy's local replies do.
///
/// @param status HTTP status code
/// @param body text; empty for none
/// @param headers to add to the answer
/// @param grpcStatus where it is not the one that `status` maps to
/// @param flag for logs and metrics
/// @param details `%RESPONSE_CODE_DETAILS%`, Envoy's words
public record LocalReply(
        int status,
        String body,
        Headers headers,
        OptionalInt grpcStatus,
        Optional<ResponseFlag> flag,
        String details) {

    public static LocalReply of(int status, String body, String details) {
        return new LocalReply(
                status, body, new Headers(), OptionalInt.empty(), Optional.empty(), details);
    }

    public LocalReply flagged(ResponseFlag value) {
        return new LocalReply(status, body, headers, grpcStatus, Optional.of(value), details);
    }
}
