package dev.ambit.hbone;

/// Why a duplex ended before its time.
///
/// @param kind what happened, as it maps to the wire
/// @param detail for the log, with the likely cause
public record ResetReason(Kind kind, String detail) {
    public enum Kind {
        /// The peer reset: RST, or RST_STREAM.
        PEER,
        /// The connection or tunnel under it was lost: GOAWAY, PING timeout, TLS failure.
        LOST,
        /// This side: a policy change, the end of a drain, a limit.
        LOCAL
    }
}
