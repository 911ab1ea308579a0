package dev.ambit.control.compile;

import dev.ambit.control.resource.ResourceSet;

/// @param clusterId name of the cluster that is configured: `Kubernetes` unless several form one
///   mesh
/// @param dryRun send policies annotated `istio.io/dry-run` too
/// @param autoAllowWaypoints send policies that let waypoints in
/// @param multiNetwork workloads of other networks are reached through gateways, services are used
///   across clusters only where the mesh configuration makes them global; on by itself as soon as
///   there is another cluster
/// @param failClosed istiod's output leaves open some of what was written as closed
///   (docs/control.md lists it): true closes it, false is as istiod
public record CompileSettings(
        String clusterId,
        boolean dryRun,
        boolean autoAllowWaypoints,
        boolean multiNetwork,
        boolean failClosed) {
    public static CompileSettings defaults() {
        return new CompileSettings("Kubernetes", false, false, false, true);
    }

    /// Whether the rules for several networks hold for that input.
    public boolean severalNetworks(ResourceSet input) {
        return multiNetwork || !input.remotes().isEmpty();
    }
}
