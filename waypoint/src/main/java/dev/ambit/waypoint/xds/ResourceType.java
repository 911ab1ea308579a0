package dev.ambit.waypoint.xds;

import dev.ambit.mesh.proto.discovery.Resource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What one type of resources means here. On the xDS thread alone.
interface ResourceType {
    String typeUrl();

    /// Names to subscribe to; empty for all there are. Asked again after every message.
    Optional<Set<String>> names();

    /// Takes what it can.
    ///
    /// @param removed names
    /// @return why a resource is refused, by its name
    Map<String, String> apply(List<Resource> changed, List<String> removed);
}
