package dev.ambit.e2e.redirect;

/// What a rule does with a packet that it matches.
sealed interface Effect {
    /// To a port of this pod; the original destination stays readable on the socket.
    record RedirectTo(int port) implements Effect {}

    /// Leave it alone: no later rule of this hook looks at it.
    record Accept() implements Effect {}

    record Return() implements Effect {}

    record Jump(String chain) implements Effect {}

    /// Note on the connection that ztunnel opened it.
    record MarkConnection(int mark) implements Effect {}

    /// Give the packet its connection's mark, so that routing can choose by it.
    record MarkFromConnection() implements Effect {}

    /// Keep the conntrack entry apart from others with the same addresses and ports.
    record ConntrackZone(int zone) implements Effect {}
}
