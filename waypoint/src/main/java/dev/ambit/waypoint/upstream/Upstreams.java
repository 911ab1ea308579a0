package dev.ambit.waypoint.upstream;

import org.jspecify.annotations.Nullable;

/// The clusters, as one event loop sees them: hosts and their health are shared by all loops,
/// connections belong to this one.
public interface Upstreams {
    /// Null for a cluster that is not there: `NC`.
    @Nullable Upstream find(String cluster);
}
