package dev.ambit.ztunnel.telemetry;

/// Which end of the connection this node stands for.
public enum Direction {
    INBOUND("inbound", "destination"),
    OUTBOUND("outbound", "source");

    private final String label;
    private final String reporter;

    Direction(String label, String reporter) {
        this.label = label;
        this.reporter = reporter;
    }

    /// What the access log says.
    public String label() {
        return label;
    }

    /// What metrics say: who reports.
    public String reporter() {
        return reporter;
    }
}
