package dev.ambit.control.l7.telemetry;

import dev.ambit.control.resource.observe.MeshObserve;
import dev.ambit.control.resource.observe.Telemetry;
import dev.ambit.control.resource.observe.Telemetry.MetricOverride;
import dev.ambit.control.resource.observe.Telemetry.Metrics;
import dev.ambit.control.resource.observe.Telemetry.TagChange;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What one provider of metrics is to report.
///
/// @param disabled nothing at all
/// @param changes by metric
/// @param interval of reports about connections that stay open
record MetricsPlan(
        boolean disabled, SortedMap<String, Change> changes, Optional<Duration> interval) {

    record Change(boolean drop, SortedMap<String, TagChange> tags) {}

    /// By the providers' names as they are written.
    static SortedMap<String, MetricsPlan> of(List<Telemetry> levels, MeshObserve mesh) {
        var all = levels.stream().flatMap(l -> l.metrics().stream()).toList();
        var plans = new TreeMap<String, MetricsPlan>();
        if (all.isEmpty()) {
            for (var name : mesh.defaultProviders().metrics()) {
                plans.put(name, new MetricsPlan(false, new TreeMap<>(), Optional.empty()));
            }
            return plans;
        }
        var merge = new Merge(mesh.defaultProviders().metrics(), all);
        all.forEach(merge::add);
        return merge.plans();
    }

    /// Adds up what is said, the later over the earlier.
    private static final class Merge {
        private final Set<String> inScope;
        private List<String> inherited;
        private final Map<String, Map<String, Optional<Boolean>>> drops = new HashMap<>();
        private final Map<String, Map<String, TreeMap<String, TagChange>>> tags = new HashMap<>();
        private final Set<String> disabled = new HashSet<>();
        private final Map<String, Duration> intervals = new HashMap<>();

        Merge(List<String> defaults, List<Metrics> all) {
            var last = defaults;
            for (var metrics : all) {
                last = metrics.providers().isEmpty() ? last : metrics.providers();
            }
            this.inScope = Set.copyOf(last);
            this.inherited = defaults;
        }

        void add(Metrics metrics) {
            inherited = metrics.providers().isEmpty() ? inherited : metrics.providers();
            for (var provider : inherited) {
                // One that a narrower scope replaced is not reported to at all.
                if (inScope.contains(provider)) {
                    metrics.reportingInterval().ifPresent(i -> intervals.put(provider, i));
                    drops.computeIfAbsent(provider, p -> new HashMap<>());
                    metrics.overrides().forEach(o -> add(provider, o));
                }
            }
        }

        private void add(String provider, MetricOverride override) {
            if (!override.mode().server()) {
                return;
            }
            if (override.metric().isEmpty() && override.disabled().orElse(false)) {
                disabled.add(provider);
                return;
            }
            disabled.remove(provider);
            var names = override.metric().map(Set::of).orElse(Telemetry.METRICS.keySet());
            for (var name : names) {
                var flags = drops.computeIfAbsent(provider, p -> new HashMap<>());
                flags.merge(
                        name,
                        override.disabled(),
                        (earlier, later) -> later.isPresent() ? later : earlier);
                tags.computeIfAbsent(provider, p -> new HashMap<>())
                        .computeIfAbsent(name, n -> new TreeMap<>())
                        .putAll(override.tags());
            }
        }

        SortedMap<String, MetricsPlan> plans() {
            var plans = new TreeMap<String, MetricsPlan>();
            drops.forEach((provider, flags) -> {
                var changes = new TreeMap<String, Change>();
                flags.forEach((name, drop) ->
                        changes.put(
                                name,
                                new Change(
                                        drop.orElse(false),
                                        tags.getOrDefault(provider, Map.of())
                                                .getOrDefault(name, new TreeMap<>()))));
                plans.put(
                        provider,
                        new MetricsPlan(
                                disabled.contains(provider),
                                changes,
                                Optional.ofNullable(intervals.get(provider))));
            });
            return plans;
        }
    }
}
