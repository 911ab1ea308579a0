package dev.ambit.hbone;

/// A tunnel could not be had, or broke: the world's fault, not the caller's.
///
/// @param stage how far it got
/// @param detail for the log: what happened, to which address, with the likely cause
public record HboneFault(Stage stage, String detail) {
    public enum Stage {
        /// The peer's port 15008 did not answer in time; a network policy in between is likely.
        TCP_TIMEOUT,
        /// Refused, unreachable, or no local port.
        TCP,
        TLS,
        /// The handshake worked; the certificate is not one that was expected.
        IDENTITY,
        /// Preface or SETTINGS.
        HTTP2,
        /// No answer to the CONNECT, or the tunnel was lost before it.
        CONNECT,
        /// The pool is closed, or its limit of waiting requests is reached.
        POOL
    }
}
