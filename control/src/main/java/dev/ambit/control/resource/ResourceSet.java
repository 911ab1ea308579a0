package dev.ambit.control.resource;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/// Everything a source holds at one moment.
///
/// @param resources in the order of files and of documents in them
/// @param problems what is not in effect, and why
public record ResourceSet(MeshConfig mesh, List<Resource> resources, List<Problem> problems) {
    public ResourceSet {
        resources = List.copyOf(resources);
        problems = List.copyOf(problems);
    }

    public static ResourceSet empty() {
        return new ResourceSet(MeshConfig.defaults(), List.of(), List.of());
    }

    /// All of one kind, oldest first; those without creation time come last, as they were written.
    public <T extends Resource> List<T> all(Class<T> kind) {
        return resources.stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .sorted(Comparator.comparing(r -> r.meta().created().orElse(Instant.MAX)))
                .toList();
    }
}
