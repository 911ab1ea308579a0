package dev.ambit.control.resource;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// What every resource has. `generated` tells that the name was made by a controller
/// (`metadata.generateName` is set); `deleting` that a deletion timestamp is set; `uid` is empty
/// for what no API server has seen, and `generation` 0; `apiVersion` is as it was written.
public record Meta(
        String namespace,
        String name,
        String uid,
        Map<String, String> labels,
        Map<String, String> annotations,
        Optional<Instant> created,
        boolean deleting,
        Optional<Owner> controller,
        boolean generated,
        Origin origin,
        String apiVersion,
        long generation) {

    public Meta {
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
    }

    /// Of something that was not written so.
    public Meta(
            String namespace,
            String name,
            String uid,
            Map<String, String> labels,
            Map<String, String> annotations,
            Optional<Instant> created,
            boolean deleting,
            Optional<Owner> controller,
            boolean generated,
            Origin origin) {
        this(
                namespace,
                name,
                uid,
                labels,
                annotations,
                created,
                deleting,
                controller,
                generated,
                origin,
                "v1",
                0);
    }

    /// The owner that has `controller: true`.
    public record Owner(String kind, String name) {}

    public String label(String key) {
        return labels.getOrDefault(key, "");
    }

    public String annotation(String key) {
        return annotations.getOrDefault(key, "");
    }

    public boolean hasLabel(String key) {
        return labels.containsKey(key);
    }

    public Meta named(String other) {
        return new Meta(
                namespace,
                other,
                uid,
                labels,
                annotations,
                created,
                deleting,
                controller,
                generated,
                origin,
                apiVersion,
                generation);
    }

    public Meta withLabels(Map<String, String> others) {
        return new Meta(
                namespace,
                name,
                uid,
                others,
                annotations,
                created,
                deleting,
                controller,
                generated,
                origin,
                apiVersion,
                generation);
    }

    public Meta withAnnotations(Map<String, String> others) {
        return new Meta(
                namespace,
                name,
                uid,
                labels,
                others,
                created,
                deleting,
                controller,
                generated,
                origin,
                apiVersion,
                generation);
    }

    /// `namespace/name`, or the name alone for what has no namespace.
    public String path() {
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }
}
