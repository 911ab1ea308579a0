package dev.ambit.hbone.wire;

/// Who is at the other end, for telemetry only: never a basis for a decision. Empty: not said.
///
/// @param workloadType `deployment`, `cronjob`, `pod` or `job`; part of the workload's key
public record Baggage(
        String cluster,
        String namespace,
        String workloadType,
        String workload,
        String service,
        String revision,
        String region,
        String zone) {
    public static final Baggage EMPTY = new Baggage("", "", "", "", "", "", "", "");
}
