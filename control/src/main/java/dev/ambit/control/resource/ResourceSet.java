package dev.ambit.control.resource;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// Everything a source holds at one moment.
///
/// @param resources of the cluster that is configured, in the order of files and of documents
/// @param remotes what other clusters have, by cluster name
/// @param problems what is not in effect, and why
public record ResourceSet(
        MeshConfig mesh,
        List<Resource> resources,
        SortedMap<String, List<Resource>> remotes,
        List<Problem> problems) {
    public ResourceSet {
        resources = List.copyOf(resources);
        var copy = new TreeMap<String, List<Resource>>();
        remotes.forEach((name, held) -> copy.put(name, List.copyOf(held)));
        remotes = Collections.unmodifiableSortedMap(copy);
        problems = List.copyOf(problems);
    }

    /// One cluster.
    public ResourceSet(MeshConfig mesh, List<Resource> resources, List<Problem> problems) {
        this(mesh, resources, new TreeMap<>(), problems);
    }

    public static ResourceSet empty() {
        return new ResourceSet(MeshConfig.defaults(), List.of(), List.of());
    }

    /// A remote cluster as one that stands alone: its own workloads and services, and of this
    /// cluster what configures the mesh (as istiod, which reads configuration in one cluster only):
    /// GatewayClasses and WorkloadEntries.
    public ResourceSet remote(String cluster) {
        var seen = new ArrayList<>(remotes.getOrDefault(cluster, List.of()));
        seen.addAll(all(GatewayClass.class));
        seen.addAll(all(WorkloadEntry.class));
        return new ResourceSet(mesh, seen, List.of());
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
