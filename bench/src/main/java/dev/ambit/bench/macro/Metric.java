package dev.ambit.bench.macro;

/// What can be measured on its own (`--only`).
enum Metric {
    /// Bytes a second and CPU per GB, one stream.
    THROUGHPUT_1,
    /// The same with eight streams of one pair of pods.
    THROUGHPUT_8,
    /// Open loop, constant rate.
    LATENCY,
    /// New connections over a warm tunnel.
    CONNECTIONS,
    /// Memory per idle connection.
    IDLE,
    /// Start to ready and memory then: taken when an arm is set up, once a run.
    START;

    static Metric named(String name) {
        for (Metric metric : values()) {
            if (metric.optionName().equals(name)) {
                return metric;
            }
        }
        throw new IllegalArgumentException(
                "no metric '%s' (expected one of: %s)".formatted(name, names()));
    }

    static String names() {
        return java.util.Arrays.stream(values())
                .map(Metric::optionName)
                .collect(java.util.stream.Collectors.joining(", "));
    }

    String optionName() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
