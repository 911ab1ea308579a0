package dev.ambit.control.compile;

/// @param clusterId `Kubernetes` unless several clusters form one mesh
/// @param dryRun send policies annotated `istio.io/dry-run` too
public record CompileSettings(String clusterId, boolean dryRun, boolean autoAllowWaypoints) {
    public static CompileSettings defaults() {
        return new CompileSettings("Kubernetes", false, false);
    }
}
