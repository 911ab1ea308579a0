package dev.ambit.control.l7.telemetry;

import dev.ambit.control.resource.observe.MeshObserve;
import dev.ambit.control.resource.observe.Telemetry;
import dev.ambit.control.resource.observe.Telemetry.AccessLogging;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What one logger is to write.
///
/// @param filter CEL; empty: everything
record LogPlan(boolean disabled, Optional<String> filter) {

    /// By the providers' names as they are written. Empty when nobody has said anything: then the
    /// mesh's `accessLogFile` counts.
    static Optional<SortedMap<String, LogPlan>> of(List<Telemetry> levels, MeshObserve mesh) {
        var defaults = mesh.defaultProviders().accessLogging();
        var logging =
                levels.stream().map(Telemetry::accessLogging).filter(l -> !l.isEmpty()).toList();
        var plans = new TreeMap<String, LogPlan>();
        if (logging.isEmpty()) {
            defaults.forEach(name -> plans.put(name, new LogPlan(false, Optional.empty())));
            return defaults.isEmpty() ? Optional.empty() : Optional.of(plans);
        }
        var inScope = new HashSet<>(defaults);
        var filters = new HashMap<String, LogPlan>();
        for (var level : logging) {
            var names = new HashSet<String>();
            for (var entry : level) {
                if (entry.mode().server()) {
                    names.addAll(entry.providers());
                    entry.providers()
                            .forEach(p -> filters.put(p, new LogPlan(false, entry.filter())));
                }
            }
            if (!names.isEmpty()) {
                inScope.clear();
                inScope.addAll(names);
            }
        }
        var inherited = defaults;
        for (var level : logging) {
            for (var entry : level) {
                inherited = entry.providers().isEmpty() ? inherited : entry.providers();
                if (entry.mode().server()) {
                    add(entry, inherited, inScope, filters, plans);
                }
            }
        }
        return Optional.of(plans);
    }

    private static void add(
            AccessLogging entry,
            List<String> providers,
            HashSet<String> inScope,
            Map<String, LogPlan> filters,
            SortedMap<String, LogPlan> plans) {
        for (var provider : providers) {
            if (inScope.contains(provider)) {
                plans.put(
                        provider,
                        entry.disabled().orElse(false)
                                ? new LogPlan(true, Optional.empty())
                                : filters.getOrDefault(
                                        provider, new LogPlan(false, Optional.empty())));
            }
        }
    }
}
