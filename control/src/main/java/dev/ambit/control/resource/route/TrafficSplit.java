package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import java.util.List;

/// SMI's split of a service's traffic over others of its namespace.
///
/// @param service the root, completed
/// @param matches names of HTTPRouteGroups, which have no effect
public record TrafficSplit(Meta meta, String service, List<Backend> backends, List<String> matches)
        implements Resource {
    public TrafficSplit {
        backends = List.copyOf(backends);
        matches = List.copyOf(matches);
    }

    /// @param service completed
    public record Backend(String service, int weight) {}
}
