package dev.ambit.hbone;

import java.util.Optional;

/// How a splice ended.
///
/// @param down bytes that went from the downstream to the upstream end
/// @param up bytes that went from the upstream to the downstream end
/// @param reset what cut it short; empty when both directions ended properly
public record SpliceEnd(long down, long up, Optional<Reset> reset) {
    /// @param by the end that failed
    public record Reset(End by, ResetReason reason) {}

    public enum End {
        DOWNSTREAM,
        UPSTREAM,
        /// This side cut it.
        LOCAL
    }
}
