package dev.ambit.control.l7.telemetry;

import dev.ambit.control.l7.ProxySettings;
import dev.ambit.control.l7.WaypointNode;
import java.util.stream.Stream;

/// Which service a span is said to be from, by OpenTelemetry's conventions for Kubernetes.
final class SpanServices {
    private static final String UNKNOWN = "unknown_service";

    private SpanServices() {}

    /// The pod's annotation, its labels, what owns it, its own name, its only container.
    static String name(WaypointNode node) {
        var containers = ProxySettings.metadata(node, "APP_CONTAINERS");
        return Stream.of(
                        node.annotations()
                                .getOrDefault("resource.opentelemetry.io/service.name", ""),
                        node.labels().getOrDefault("app.kubernetes.io/instance", ""),
                        node.labels().getOrDefault("app.kubernetes.io/name", ""),
                        ProxySettings.metadata(node, "WORKLOAD_NAME"),
                        pod(node),
                        containers.contains(",") ? "" : containers)
                .filter(name -> !name.isEmpty())
                .findFirst()
                .orElse(UNKNOWN);
    }

    private static String pod(WaypointNode node) {
        var parts = node.id().split("~", -1);
        int dot = parts.length > 2 ? parts[2].indexOf('.') : -1;
        return dot < 0 ? "" : parts[2].substring(0, dot);
    }
}
