package dev.ambit.ztunnel.telemetry;

/// How the connection was protected between the two nodes.
public enum SecurityPolicy {
    MUTUAL_TLS("mutual_tls"),
    /// Not by this mesh; the application may have encrypted on its own.
    UNKNOWN("unknown");

    private final String label;

    SecurityPolicy(String label) {
        this.label = label;
    }

    /// The value of `connection_security_policy`.
    public String label() {
        return label;
    }
}
