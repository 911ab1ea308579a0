package dev.ambit.waypoint.upstream;

/// `common_lb_config`: what all balancers heed.
///
/// @param panicThreshold percent of available hosts under which all are used; 0 for never
/// @param localityWeighted whether localities share traffic by their weights
/// @param failOnPanic whether a panic means no host, not any host
/// @param hashHostname whether rings and tables hash the hostname in place of the address
public record SharedConfig(
        int panicThreshold, boolean localityWeighted, boolean failOnPanic, boolean hashHostname) {
    /// Percent; Envoy's.
    public static final int DEFAULT_PANIC = 50;
}
