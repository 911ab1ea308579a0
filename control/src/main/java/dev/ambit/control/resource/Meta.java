package dev.ambit.control.resource;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// What every resource has. `generated` tells that the name was made by a controller
/// (`metadata.generateName` is set); `deleting` that a deletion timestamp is set.
public record Meta(
        String namespace,
        String name,
        Map<String, String> labels,
        Map<String, String> annotations,
        Optional<Instant> created,
        boolean deleting,
        Optional<Owner> controller,
        boolean generated,
        Origin origin) {

    public Meta {
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
    }

    /// The owner that has `controller: true`.
    public record Owner(String kind, String name) {}

    public String label(String key) {
        return labels.getOrDefault(key, "");
    }

    public String annotation(String key) {
        return annotations.getOrDefault(key, "");
    }

    /// `namespace/name`, or the name alone for what has no namespace.
    public String path() {
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }
}
