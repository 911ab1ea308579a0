package dev.ambit.e2e.agent;

/// What became of one message to a ztunnel.
sealed interface Answer {
    record Accepted() implements Answer {}

    /// ztunnel understood and could not; it tries again by itself.
    record Refused(String error) implements Answer {}

    /// The connection ended first.
    record Lost(String reason) implements Answer {}
}
