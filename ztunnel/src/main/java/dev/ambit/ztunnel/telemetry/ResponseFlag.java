package dev.ambit.ztunnel.telemetry;

/// Why a connection ended, in one word: the `response_flags` of the metrics.
public enum ResponseFlag {
    /// Nothing went wrong, or it was cut by a drain.
    NONE("-"),
    /// Refused by policy.
    DENY("DENY"),
    /// The next hop or the application could not be reached, or the connection broke later.
    CONNECT("CONNECT"),
    TLS_FAILURE("TLS_FAILURE"),
    H2_HANDSHAKE_FAILURE("H2_HANDSHAKE_FAILURE"),
    /// No answer from the peer's port 15008: a network policy probably drops it.
    NETWORK_POLICY("NETWORK_POLICY"),
    /// The own certificate can't be had, or the peer's is not the expected one.
    IDENTITY_ERROR("IDENTITY_ERROR"),
    CERT_REVOKED("CERT_REVOKED");

    private final String label;

    ResponseFlag(String label) {
        this.label = label;
    }

    public String label() {
        return label;
    }
}
