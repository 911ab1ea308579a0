package dev.ambit.mesh;

import java.time.Duration;

/// Every limit of this module. The defaults are pinned by a test.
///
/// @param firstBackoff before the first new attempt to reach the control plane; doubles
/// @param maxBackoff what it grows to
/// @param endpointTables places and ports for which a service remembers who is near; a pod of this
///   node adds one for each port that it uses if no other pod stands in the same place
public record MeshLimits(Duration firstBackoff, Duration maxBackoff, int endpointTables) {
    public static MeshLimits defaults() {
        return new MeshLimits(Duration.ofMillis(10), Duration.ofSeconds(15), 64);
    }
}
