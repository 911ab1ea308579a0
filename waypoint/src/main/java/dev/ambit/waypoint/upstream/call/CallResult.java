package dev.ambit.waypoint.upstream.call;

import dev.ambit.waypoint.http.Headers;

/// What came of a call.
public sealed interface CallResult {
    /// The other side has answered.
    ///
    /// @param body whole; nobody else has it
    @SuppressWarnings("ArrayRecordComponent") // Compared by nobody, and copying it would cost.
    record Answered(int status, Headers headers, byte[] body, Headers trailers)
            implements CallResult {}

    /// There is no answer.
    ///
    /// @param detail for the log
    record Failed(Kind kind, String detail) implements CallResult {}

    enum Kind {
        /// The configuration has no such cluster.
        NO_CLUSTER,
        NO_HEALTHY_HOST,
        /// A circuit breaker.
        OVERFLOW,
        CONNECT,
        /// Reset, or lost, before the answer was whole.
        RESET,
        TIMEOUT,
        /// An answer larger than the call takes.
        TOO_LARGE
    }
}
