package dev.ambit.waypoint.upstream;

import java.time.Duration;

/// Limits of clusters. The defaults are pinned by a test.
///
/// @param lookups names looked up at the same time, of all clusters
/// @param lookupTimeout for one look-up
/// @param addressesPerName addresses of an answer that are used; what comes after is left out
/// @param minTtl between look-ups of a name, whatever its answer says
/// @param maxTtl the same, the other way
/// @param onDemandHosts hosts of a cluster whose hosts come with the traffic (`ORIGINAL_DST`)
/// @param waitingForLookup requests of one cluster that wait for a name
public record UpstreamLimits(
        int lookups,
        Duration lookupTimeout,
        int addressesPerName,
        Duration minTtl,
        Duration maxTtl,
        int onDemandHosts,
        int waitingForLookup) {
    public static UpstreamLimits defaults() {
        return new UpstreamLimits(
                64,
                Duration.ofSeconds(5),
                256,
                Duration.ofSeconds(1),
                Duration.ofHours(1),
                16_384,
                1_024);
    }
}
