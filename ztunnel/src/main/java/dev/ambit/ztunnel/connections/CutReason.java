package dev.ambit.ztunnel.connections;

/// Why an open connection was ended by this side.
public sealed interface CutReason {
    /// It would be denied if it came now.
    ///
    /// @param denial what denies it, with policy, rule and field
    record PolicyChange(String denial) implements CutReason {}

    /// The drain's time is over.
    record DrainDeadline() implements CutReason {}

    /// The pod is gone.
    record PodRemoved() implements CutReason {}

    /// The peer's certificate, or one above it, was revoked.
    record CertificateRevoked() implements CutReason {}

    /// The peer reset the request before it was answered.
    record PeerGaveUp() implements CutReason {}

    /// The access log's `error`.
    default String text() {
        return switch (this) {
            case PolicyChange(var denial) -> "connection closed due to policy change: " + denial;
            case CertificateRevoked() -> "connection closed: peer certificate revoked by CRL";
            case PeerGaveUp() -> "the client gave up before the answer";
            case DrainDeadline(), PodRemoved() -> "connection closed due to connection drain";
        };
    }
}
