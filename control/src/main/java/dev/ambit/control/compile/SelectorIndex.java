package dev.ambit.control.compile;

import dev.ambit.control.compile.MeshModel.CompiledService;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Services of a namespace by one label of their selectors, so that a workload is not compared with
/// all of them.
final class SelectorIndex {
    /// Keys in the order of the services.
    private final Map<Map.Entry<String, String>, List<Integer>> byLabel = new HashMap<>();

    private final List<CompiledService> services;

    private SelectorIndex(List<CompiledService> services) {
        this.services = services;
        for (int i = 0; i < services.size(); i++) {
            // Whichever: a workload that is selected has all of them. Selectors without labels
            // select nothing.
            var labels = new TreeMap<>(services.get(i).selector());
            if (!labels.isEmpty()) {
                var first = labels.firstEntry();
                byLabel.computeIfAbsent(
                                Map.entry(first.getKey(), first.getValue()), l -> new ArrayList<>())
                        .add(i);
            }
        }
    }

    static SelectorIndex of(List<CompiledService> services) {
        return new SelectorIndex(services);
    }

    /// In the order of the services.
    List<CompiledService> selecting(Map<String, String> labels) {
        var found = new ArrayList<Integer>();
        for (var label : labels.entrySet()) {
            for (int i : byLabel.getOrDefault(label, List.of())) {
                if (Selectors.selects(services.get(i).selector(), labels)) {
                    found.add(i);
                }
            }
        }
        found.sort(null);
        var selecting = new ArrayList<CompiledService>();
        found.forEach(i -> selecting.add(services.get(i)));
        return selecting;
    }
}
