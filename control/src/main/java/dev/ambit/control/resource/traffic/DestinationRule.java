package dev.ambit.control.resource.traffic;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// @param host of a service, maybe short (`cart` is completed with the rule's namespace), or
///   `*.name`
/// @param exportTo namespaces, `.` and `*` as written; empty: all
/// @param workloadSelector of the clients that it is for; a waypoint is never selected
public record DestinationRule(
        Meta meta,
        String host,
        Optional<TrafficPolicy> policy,
        List<Subset> subsets,
        List<String> exportTo,
        Optional<Map<String, String>> workloadSelector)
        implements Resource {

    public DestinationRule {
        subsets = List.copyOf(subsets);
        exportTo = List.copyOf(exportTo);
    }

    /// Some of the host's endpoints, by labels.
    public record Subset(String name, Map<String, String> labels, Optional<TrafficPolicy> policy) {
        public Subset {
            labels = Map.copyOf(labels);
        }
    }

    public Optional<Subset> subset(String name) {
        return subsets.stream().filter(s -> s.name().equals(name)).findFirst();
    }
}
