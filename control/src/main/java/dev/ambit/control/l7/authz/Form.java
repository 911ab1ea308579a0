package dev.ambit.control.l7.authz;

/// Where rules are enforced.
///
/// @param http requests, with all their attributes; else connections
/// @param peer where the peer's identity is read
record Form(boolean http, PeerFrom peer) {
    enum PeerFrom {
        /// What the tunnel's end has left: the connection itself is internal.
        FILTER_STATE,
        /// The connection's own certificate.
        CERTIFICATE
    }
}
