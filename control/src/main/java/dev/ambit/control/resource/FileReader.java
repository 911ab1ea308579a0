package dev.ambit.control.resource;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Node;

/// One file's text to resources. Pure.
final class FileReader {
    private static final String MESH_FILE = "meshconfig.yaml";

    private final String file;
    private final YamlLimits limits;
    private final boolean remote;
    private final List<Slot> slots = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();

    private FileReader(String file, YamlLimits limits) {
        this.file = file;
        this.limits = limits;
        this.remote = RemoteClusters.of(file).isPresent();
    }

    sealed interface Outcome {
        record Read(Optional<MeshConfig> mesh, List<Slot> slots, List<Problem> problems)
                implements Outcome {}

        /// Nothing in the file can be relied on.
        record Broken(Problem problem) implements Outcome {}
    }

    /// A place in the file, in the order of the documents.
    sealed interface Slot {
        record Accepted(Resource resource) implements Slot {}

        /// Is in the file, but can't be understood.
        ///
        /// @param standIn what refuses in its place, for a security policy
        record Refused(Resource.Key key, Optional<Resource> standIn) implements Slot {}
    }

    static Outcome read(String file, String text, YamlLimits limits) {
        try {
            return new FileReader(file, limits).read(text);
        } catch (BadInput e) {
            return new Outcome.Broken(e.problem());
        }
    }

    private Outcome read(String text) {
        var documents = Documents.parse(file, text, limits);
        if (remote && file.endsWith("/" + MESH_FILE)) {
            problems.add(
                    Problem.notice(
                            new Origin(file, 1),
                            "MeshConfig",
                            "has no effect: the mesh is configured in the directory above"));
            return new Outcome.Read(Optional.empty(), List.of(), List.copyOf(problems));
        }
        if (file.equals(MESH_FILE)) {
            return new Outcome.Read(
                    Optional.of(MeshConfigReader.read(file, documents)), List.of(), List.of());
        }
        documents.forEach(this::document);
        return new Outcome.Read(Optional.empty(), List.copyOf(slots), List.copyOf(problems));
    }

    private void document(Node node) {
        var where = new Fields.Where(file, "", false);
        var top = Fields.of(node, where, "");
        if (top.text("kind").endsWith("List") && top.has("items")) {
            top.items("items").forEach(this::document);
            return;
        }
        if (slots.size() >= limits.documents()) {
            throw top.bad("kind", "more than " + limits.documents() + " resources in one file");
        }
        // Without kind and name nobody can tell which older state to keep: then the file is broken.
        var header = Header.read(top);
        if (remote && RemoteClusters.configures(header.group(), header.key().kind())) {
            problems.add(
                    Problem.notice(
                            top.origin(),
                            header.key().toString(),
                            "has no effect: the mesh is configured in the directory above"));
            return;
        }
        try {
            Documents.requireUniqueKeys(
                    node, new Fields.Where(file, header.key().toString(), false));
            switch (Kinds.read(node, header, file)) {
                case Kinds.Understood(var resource) -> slots.add(new Slot.Accepted(resource));
                case Kinds.WithoutEffect(var why) ->
                        problems.add(Problem.notice(top.origin(), header.key().toString(), why));
            }
        } catch (BadInput e) {
            slots.add(new Slot.Refused(header.key(), StandIns.of(node, header, file)));
            problems.add(e.problem());
        }
    }
}
