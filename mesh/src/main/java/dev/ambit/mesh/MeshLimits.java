package dev.ambit.mesh;

import java.time.Duration;

/// Every limit of this module. The defaults are pinned by a test.
///
/// @param firstBackoff before the first new attempt to reach the control plane; doubles
/// @param maxBackoff what it grows to
public record MeshLimits(Duration firstBackoff, Duration maxBackoff) {
    public static MeshLimits defaults() {
        return new MeshLimits(Duration.ofMillis(10), Duration.ofSeconds(15));
    }
}
