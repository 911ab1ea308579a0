package dev.ambit.ztunnel.pod;

/// From which address an application is dialled for a peer.
public enum CallerAddress {
    /// The peer's, so that the application sees who called.
    CLIENT,
    /// The pod's.
    POD,
    /// From loopback to loopback, where nobody gets at the application but through here; the peer
    /// is told by a header.
    LOOPBACK
}
