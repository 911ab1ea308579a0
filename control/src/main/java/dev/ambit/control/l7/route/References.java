package dev.ambit.control.l7.route;

import dev.ambit.control.l7.WaypointScope;
import java.util.Set;

/// Services that a waypoint calls without standing before them: it needs `outbound|…` clusters of
/// them.
public final class References {
    private References() {}

    /// @param namespace empty: whatever services have that hostname
    public record Reference(String hostname, String namespace) {}

    public static Set<Reference> of(WaypointScope scope) {
        return Set.of();
    }
}
