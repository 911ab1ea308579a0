package dev.ambit.control.resource;

import java.util.Map;

/// @param labels of the pod template
/// @param annotations of the pod template
public record Deployment(
        Meta meta,
        int replicas,
        Map<String, String> labels,
        Map<String, String> annotations,
        PodSpec template)
        implements Resource {
    public Deployment {
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
    }
}
