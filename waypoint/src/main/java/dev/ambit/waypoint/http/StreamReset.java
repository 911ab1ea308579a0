package dev.ambit.waypoint.http;

/// Why an exchange ended before its time.
///
/// @param kind what happened, as it maps to the wire and to response flags
/// @param detail for the log: Envoy's words where it has some (`%RESPONSE_CODE_DETAILS%`,
///   `%UPSTREAM_TRANSPORT_FAILURE_REASON%`)
public record StreamReset(Kind kind, String detail) {
    public enum Kind {
        /// The peer reset this exchange: RST_STREAM.
        REMOTE,
        /// The peer refused it before it did anything: REFUSED_STREAM, or after its GOAWAY. A retry
        /// is safe.
        REMOTE_REFUSED,
        /// The connection ended under it.
        CONNECTION_LOST,
        /// The peer broke the protocol.
        PROTOCOL_ERROR,
        /// This side: a timeout, a limit, the other end's abort, a drain.
        LOCAL,
        /// This side refuses it unseen: REFUSED_STREAM.
        LOCAL_REFUSED,
        /// A tunnelled connection (CONNECT) broke: CONNECT_ERROR.
        CONNECT_ERROR
    }
}
