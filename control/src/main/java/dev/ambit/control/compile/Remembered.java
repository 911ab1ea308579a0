package dev.ambit.control.compile;

import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.resource.Resource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Function;

/// Resources in their order, and what each was compiled to.
record Remembered<T extends Resource>(List<T> resources, List<List<CompiledWorkload>> made) {

    static <T extends Resource> Remembered<T> of(
            List<T> resources, Function<T, List<CompiledWorkload>> compile) {
        return new Remembered<>(resources, resources.stream().map(compile).toList());
    }

    /// What is still the same is not compiled again. A file that was read again holds equal
    /// resources, not the same instances.
    Remembered<T> next(List<T> following, Function<T, List<CompiledWorkload>> compile) {
        var window = Window.of(resources, following);
        var old = new HashMap<Resource.Key, Integer>();
        for (int i = window.head(); i < resources.size() - window.tail(); i++) {
            old.put(resources.get(i).key(), i);
        }
        var all = new ArrayList<>(window.head(made));
        for (var resource : window.of(following)) {
            var place = old.get(resource.key());
            if (place != null && resources.get(place).equals(resource)) {
                all.add(made.get(place));
            } else {
                all.add(compile.apply(resource));
            }
        }
        all.addAll(window.tail(made));
        return new Remembered<>(following, all);
    }

    void addTo(List<CompiledWorkload> all) {
        for (var workloads : made) {
            for (var workload : workloads) {
                all.add(workload);
            }
        }
    }
}
