package dev.ambit.ztunnel.telemetry;

/// What a connection waits for, before its first byte arrives: the `phase` of
/// `ambit_connection_phase_seconds`.
public enum Phase {
    /// The name of a destination that has no address is looked up.
    DNS("dns"),
    /// For a tunnel: none was open, or all were full. Contains the dial of a new one.
    POOL_WAIT("pool_wait"),
    TCP_CONNECT("tcp_connect"),
    TLS("tls"),
    /// From sending the CONNECT to its answer.
    CONNECT("connect"),
    /// From both ends being joined to the first byte of the server.
    FIRST_BYTE("first_byte");

    private final String label;

    Phase(String label) {
        this.label = label;
    }

    public String label() {
        return label;
    }
}
