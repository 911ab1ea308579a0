package dev.ambit.bench.macro;

/// One row of the table.
enum Quantity {
    BULK_1("1 stream", "Gbit/s", 2),
    CPU_1_A("CPU per GB, 1 stream, proxy A", "s", 3),
    CPU_1_B("CPU per GB, 1 stream, proxy B", "s", 3),
    CPU_1("CPU per GB, 1 stream, A + B", "s", 3),
    BULK_8("8 streams", "Gbit/s", 2),
    CPU_8_A("CPU per GB, 8 streams, proxy A", "s", 3),
    CPU_8_B("CPU per GB, 8 streams, proxy B", "s", 3),
    CPU_8("CPU per GB, 8 streams, A + B", "s", 3),
    P50("latency p50", "µs", 0),
    P99("latency p99", "µs", 0),
    P999("latency p99.9", "µs", 0),
    ADDED_P50("added latency p50", "µs", 0),
    ADDED_P99("added latency p99", "µs", 0),
    LATE_P99("the client's own lateness p99", "µs", 0),
    CPU_MESSAGE("CPU per message there and back, A + B", "µs", 0),
    NEW_CONNECTIONS("new connections", "1/s", 0),
    CPU_CONNECTION_A("CPU per new connection, proxy A", "µs", 0),
    CPU_CONNECTION_B("CPU per new connection, proxy B", "µs", 0),
    CONNECTION_P50("new connection p50", "µs", 0),
    CONNECTION_P99("new connection p99", "µs", 0),
    RSS_IDLE("memory when started (RSS), larger of A and B", "MB", 1),
    ANON_IDLE("of it anonymous", "MB", 1),
    READY("start to ready, slower of A and B", "ms", 0),
    RSS_LOADED("memory after load (RSS), larger of A and B", "MB", 1),
    RSS_PER_1000("memory per 1,000 idle connections, larger of A and B", "MB", 1);

    private final String label;
    private final String unit;
    private final int decimals;

    Quantity(String label, String unit, int decimals) {
        this.label = label;
        this.unit = unit;
        this.decimals = decimals;
    }

    String title() {
        return label + ", " + unit;
    }

    int decimals() {
        return decimals;
    }
}
