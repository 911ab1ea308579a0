package dev.ambit.control.resource;

import dev.ambit.control.resource.security.RequestAuthentication;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What is in effect of each file: a value that each reading of a file turns into the next one.
record DirectoryState(SortedMap<String, Loaded> files, Unusable unusable) {

    /// @param problems with the newest content of the file
    record Loaded(Optional<MeshConfig> mesh, List<Resource> resources, List<Problem> problems) {
        static final Loaded NOTHING = new Loaded(Optional.empty(), List.of(), List.of());
    }

    static DirectoryState empty() {
        return empty(Unusable.REFUSE);
    }

    static DirectoryState empty(Unusable unusable) {
        return new DirectoryState(new TreeMap<>(), unusable);
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
        return new DirectoryState(next, unusable);
    }

    DirectoryState without(Set<String> gone) {
        var next = new TreeMap<>(files);
        next.keySet().removeAll(gone);
        return new DirectoryState(next, unusable);
    }

    ResourceSet assemble() {
        var mesh = MeshConfig.defaults();
        var local = new ArrayList<Resource>();
        var remotes = new TreeMap<String, List<Resource>>();
        var known = new HashMap<String, Map<Resource.Key, Resource>>();
        var problems = new ArrayList<Problem>();
        for (var file : files.entrySet()) {
            var loaded = file.getValue();
            var cluster = RemoteClusters.of(file.getKey());
            mesh = loaded.mesh().orElse(mesh);
            problems.addAll(loaded.problems());
            var into =
                    cluster.map(c -> remotes.computeIfAbsent(c, n -> new ArrayList<>()))
                            .orElse(local);
            var byKey = known.computeIfAbsent(cluster.orElse(""), c -> new HashMap<>());
            for (var resource : loaded.resources()) {
                var first = byKey.putIfAbsent(resource.key(), resource);
                if (first == null) {
                    into.add(resource);
                } else {
                    problems.add(twice(resource, first));
                }
            }
        }
        return new ResourceSet(mesh, local, remotes, problems);
    }

    private static Problem twice(Resource resource, Resource first) {
        return Problem.error(
                resource.meta().origin(),
                resource.key().toString(),
                "metadata.name",
                "already defined at "
                        + first.meta().origin()
                        + " (expected: one definition); left out");
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

    private Loaded accept(Loaded before, FileReader.Outcome.Read read) {
        Map<Resource.Key, Resource> older = new HashMap<>();
        before.resources().stream().filter(r -> !r.standIn()).forEach(r -> older.put(r.key(), r));
        var resources = new ArrayList<Resource>();
        var consequences = new HashMap<String, String>();
        for (var slot : read.slots()) {
            switch (slot) {
                case FileReader.Slot.Accepted(var resource) -> resources.add(resource);
                // In its old place: where no creation time is given, the order decides.
                case FileReader.Slot.Refused(var key, var standIn) -> {
                    var previous = older.get(key);
                    if (previous != null) {
                        resources.add(previous);
                        consequences.put(key.toString(), "its previous version stays in effect");
                    } else if (standIn.isPresent() && unusable == Unusable.REFUSE) {
                        resources.add(standIn.get());
                        consequences.put(key.toString(), refusal(standIn.get()));
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
                                        consequences.getOrDefault(problem.resource(), "left out"));
                    });
        }
        return new Loaded(read.mesh(), resources, problems);
    }

    private static String refusal(Resource standIn) {
        return switch (standIn) {
            case PeerAuthentication p ->
                    "until it can be used, what it selects takes mutual TLS only";
            case RequestAuthentication r ->
                    "until it can be used, what it is attached to believes no token";
            // Kinds are not sealed; the others that have a stand-in refuse.
            default -> "until it can be used, everything is refused to what it selects";
        };
    }
}
