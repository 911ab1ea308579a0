package dev.ambit.control.resource.traffic;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// `localityLbSetting`, of a rule or of the mesh.
///
/// @param failoverPriority labels, each `name` or `name=value`
/// @param enabled absent: as the mesh says, which is on
public record LocalityLb(
        List<Distribute> distribute,
        List<Failover> failover,
        List<String> failoverPriority,
        Optional<Boolean> enabled) {

    public LocalityLb {
        distribute = List.copyOf(distribute);
        failover = List.copyOf(failover);
        failoverPriority = List.copyOf(failoverPriority);
    }

    /// @param to share of each locality (`region/zone/*`), 100 in sum
    public record Distribute(String from, SortedMap<String, Integer> to) {
        public Distribute {
            to = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(to));
        }
    }

    /// Regions.
    public record Failover(String from, String to) {}
}
