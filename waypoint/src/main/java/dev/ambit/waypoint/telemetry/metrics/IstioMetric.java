package dev.ambit.waypoint.telemetry.metrics;

/// Istio's standard metrics.
enum IstioMetric {
    REQUESTS("requests_total", SeriesTable.Kind.COUNTER, true),
    DURATION("request_duration_milliseconds", SeriesTable.Kind.HISTOGRAM, true),
    REQUEST_BYTES("request_bytes", SeriesTable.Kind.HISTOGRAM, true),
    RESPONSE_BYTES("response_bytes", SeriesTable.Kind.HISTOGRAM, true),
    REQUEST_MESSAGES("request_messages_total", SeriesTable.Kind.COUNTER, true),
    RESPONSE_MESSAGES("response_messages_total", SeriesTable.Kind.COUNTER, true),
    OPENED("tcp_connections_opened_total", SeriesTable.Kind.COUNTER, false),
    CLOSED("tcp_connections_closed_total", SeriesTable.Kind.COUNTER, false),
    SENT("tcp_sent_bytes_total", SeriesTable.Kind.COUNTER, false),
    RECEIVED("tcp_received_bytes_total", SeriesTable.Kind.COUNTER, false);

    private final String label;
    private final SeriesTable.Kind kind;
    private final boolean http;

    IstioMetric(String label, SeriesTable.Kind kind, boolean http) {
        this.label = label;
        this.kind = kind;
        this.http = http;
    }

    /// As configurations name it.
    String label() {
        return label;
    }

    String fullName() {
        return "istio_" + label;
    }

    SeriesTable.Kind kind() {
        return kind;
    }

    boolean http() {
        return http;
    }
}
