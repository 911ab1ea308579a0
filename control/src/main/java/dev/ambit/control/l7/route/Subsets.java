package dev.ambit.control.l7.route;

import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.route.Hosts;
import dev.ambit.control.resource.traffic.DestinationRule;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Which subsets any DestinationRule defines for a host, whoever sees it.
final class Subsets {
    private final Map<String, Set<String>> exact = new HashMap<>();
    private final Map<String, Set<String>> wildcards = new HashMap<>();

    Subsets(ResourceSet input) {
        for (var rule : input.all(DestinationRule.class)) {
            var map = Hosts.isWildcard(rule.host()) ? wildcards : exact;
            var names = map.computeIfAbsent(rule.host(), h -> new HashSet<>());
            rule.subsets().forEach(s -> names.add(s.name()));
        }
    }

    boolean has(String host, String subset) {
        return exact.getOrDefault(host, Set.of()).contains(subset)
                || wildcards.entrySet().stream()
                        .anyMatch(e ->
                                e.getValue().contains(subset) && Hosts.match(e.getKey(), host));
    }
}
