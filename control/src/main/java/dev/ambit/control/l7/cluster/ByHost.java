package dev.ambit.control.l7.cluster;

import dev.ambit.control.l7.cluster.DestinationRules.Merged;
import dev.ambit.control.resource.traffic.DestinationRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Rules of one namespace, by exact host and by wildcard.
final class ByHost {
    static final ByHost NONE = new ByHost();

    private final Map<String, List<Merged>> exact = new HashMap<>();
    private final Map<String, List<Merged>> wildcards = new HashMap<>();

    void add(DestinationRule rule, Set<String> exportTo) {
        var hosts = rule.host().startsWith("*") ? wildcards : exact;
        var list = hosts.computeIfAbsent(rule.host(), h -> new ArrayList<>());
        boolean apart = true;
        for (int i = 0; i < list.size(); i++) {
            var known = list.get(i);
            if (known.exportTo().equals(exportTo)) {
                apart = false;
            } else if (known.exportTo().isEmpty() || !exportTo.containsAll(known.exportTo())) {
                // Seen by others: stands for itself.
                apart = true;
                continue;
            } else {
                // Whoever sees the known one sees this one too.
                apart = true;
            }
            var mine = rule.workloadSelector();
            var theirs = known.rule().workloadSelector();
            if (mine.isPresent() && theirs.isPresent() && !mine.equals(theirs)) {
                apart = true;
                continue;
            }
            if (mine.equals(theirs)) {
                apart = false;
            }
            list.set(i, merged(known, rule));
        }
        if (apart) {
            list.add(new Merged(rule, exportTo, List.of(rule)));
        }
    }

    /// The first of a name wins: subsets that are new are added, a policy only where there is none.
    private static Merged merged(Merged known, DestinationRule rule) {
        var subsets = new LinkedHashMap<String, DestinationRule.Subset>();
        known.rule().subsets().forEach(s -> subsets.put(s.name(), s));
        rule.subsets().forEach(s -> subsets.putIfAbsent(s.name(), s));
        var from = new ArrayList<>(known.from());
        from.add(rule);
        var first = known.rule();
        var policy = TrafficPolicies.under(first, rule);
        return new Merged(
                new DestinationRule(
                        first.meta(),
                        first.host(),
                        policy,
                        List.copyOf(subsets.values()),
                        first.exportTo(),
                        first.workloadSelector()),
                known.exportTo(),
                from);
    }

    /// Those of the exact host, else of the longest wildcard that covers it.
    List<Merged> match(String host) {
        var same = (host.startsWith("*") ? wildcards : exact).get(host);
        if (same != null) {
            return same;
        }
        // `*.a.b` covers `x.a.b` and, as istiod has it, the wildcard `*.x.a.b`.
        var rest = host.startsWith("*") ? host.substring(1) : host;
        for (int i = 0; i <= rest.length(); i++) {
            var found = wildcards.get("*" + rest.substring(i));
            if (found != null) {
                return found;
            }
        }
        return List.of();
    }
}
