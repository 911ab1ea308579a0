package dev.ambit.control.resource;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What is in effect of each file: a value that each reading of a file turns into the next one.
record DirectoryState(SortedMap<String, Loaded> files) {

    /// @param problems with the newest content of the file
    record Loaded(Optional<MeshConfig> mesh, List<Resource> resources, List<Problem> problems) {
        static final Loaded NOTHING = new Loaded(Optional.empty(), List.of(), List.of());
    }

    static DirectoryState empty() {
        return new DirectoryState(new TreeMap<>());
    }

    DirectoryState with(String file, FileReader.Outcome outcome) {
        var next = new TreeMap<>(files);
        var before = files.getOrDefault(file, Loaded.NOTHING);
        next.put(
                file,
                switch (outcome) {
                    case FileReader.Outcome.Read read -> accept(before, read);
                    case FileReader.Outcome.Broken(var problem) -> keep(before, problem);
                });
        return new DirectoryState(next);
    }

    DirectoryState without(Set<String> gone) {
        var next = new TreeMap<>(files);
        next.keySet().removeAll(gone);
        return new DirectoryState(next);
    }

    ResourceSet assemble() {
        var mesh = MeshConfig.defaults();
        var byKey = new HashMap<Resource.Key, Resource>();
        var resources = new ArrayList<Resource>();
        var problems = new ArrayList<Problem>();
        for (var loaded : files.values()) {
            mesh = loaded.mesh().orElse(mesh);
            problems.addAll(loaded.problems());
            for (var resource : loaded.resources()) {
                var first = byKey.putIfAbsent(resource.key(), resource);
                if (first == null) {
                    resources.add(resource);
                } else {
                    problems.add(
                            Problem.error(
                                    resource.meta().origin(),
                                    resource.key().toString(),
                                    "metadata.name",
                                    "already defined at "
                                            + first.meta().origin()
                                            + " (expected: one definition); left out"));
                }
            }
        }
        return new ResourceSet(mesh, resources, problems);
    }

    private static Loaded keep(Loaded before, Problem problem) {
        int kept = before.resources().size();
        boolean any = kept > 0 || before.mesh().isPresent();
        var consequence =
                any
                        ? "the last good state of this file stays in effect ("
                                + kept
                                + (kept == 1 ? " resource)" : " resources)")
                        : "nothing of this file is in effect";
        return new Loaded(before.mesh(), before.resources(), List.of(problem.because(consequence)));
    }

    private static Loaded accept(Loaded before, FileReader.Outcome.Read read) {
        Map<Resource.Key, Resource> older = new HashMap<>();
        before.resources().forEach(r -> older.put(r.key(), r));
        var resources = new ArrayList<Resource>();
        var kept = new HashSet<String>();
        for (var slot : read.slots()) {
            switch (slot) {
                case FileReader.Slot.Accepted(var resource) -> resources.add(resource);
                // In its old place: where no creation time is given, the order decides.
                case FileReader.Slot.Refused(var key) -> {
                    var previous = older.get(key);
                    if (previous != null) {
                        resources.add(previous);
                        kept.add(key.toString());
                    }
                }
            }
        }
        var problems = new ArrayList<Problem>();
        for (var problem : read.problems()) {
            problems.add(
                    switch (problem.severity()) {
                        case NOTICE -> problem;
                        case ERROR ->
                                problem.because(
                                        kept.contains(problem.resource())
                                                ? "its previous version stays in effect"
                                                : "left out");
                    });
        }
        return new Loaded(read.mesh(), resources, problems);
    }
}
