package dev.ambit.waypoint;

import dev.ambit.waypoint.telemetry.PeerMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What this waypoint says of itself to those at the other ends of tunnels: what it tells the
/// control plane about its node, and where the control plane says it runs.
final class OwnBaggage implements Supplier<String> {
    private static final String CANONICAL_NAME = "service.istio.io/canonical-name";
    private static final String CANONICAL_REVISION = "service.istio.io/canonical-revision";

    private final Map<String, Object> metadata;
    private final Supplier<@Nullable PeerMetadata> self;
    private volatile Said said = new Said("", "", "");

    /// For a place that does not change, the text is made once.
    private record Said(String region, String zone, String text) {}

    /// @param metadata of the node
    /// @param self what the mesh knows about this workload; null until it does
    OwnBaggage(Map<String, Object> metadata, Supplier<@Nullable PeerMetadata> self) {
        this.metadata = metadata;
        this.self = self;
    }

    @Override
    public String get() {
        var known = self.get();
        var region = known == null ? "" : known.region();
        var zone = known == null ? "" : known.zone();
        var last = said;
        if (!last.text.isEmpty() && last.region.equals(region) && last.zone.equals(zone)) {
            return last.text;
        }
        var text = text(region, zone);
        said = new Said(region, zone, text);
        return text;
    }

    /// In the order, and with the omissions, of Istio's own waypoint.
    private String text(String region, String zone) {
        var parts = new ArrayList<String>();
        var app = label("app.kubernetes.io/name", label("app", ""));
        var service = label(CANONICAL_NAME, app);
        var version = label("app.kubernetes.io/version", label("version", ""));
        var revision = label(CANONICAL_REVISION, version);
        put(parts, "k8s." + type() + ".name", text("WORKLOAD_NAME"));
        put(parts, "service.name", service);
        put(parts, "app.name", app.equals(service) ? "" : app);
        put(parts, "service.version", revision);
        put(parts, "app.version", version.equals(revision) ? "" : version);
        put(parts, "k8s.namespace.name", text("NAMESPACE"));
        put(parts, "k8s.cluster.name", text("CLUSTER_ID"));
        put(parts, "k8s.instance.name", text("NAME"));
        put(parts, "cloud.region", region);
        put(parts, "cloud.availability_zone", zone);
        return String.join(",", parts);
    }

    private static void put(List<String> parts, String key, String value) {
        if (!value.isEmpty()) {
            parts.add(key + "=" + value);
        }
    }

    private String text(String key) {
        return metadata.get(key) instanceof String value ? value : "";
    }

    private String label(String key, String otherwise) {
        return metadata.get("LABELS") instanceof Map<?, ?> labels
                        && labels.get(key) instanceof String value
                        && !value.isEmpty()
                ? value
                : otherwise;
    }

    /// Of an owner as `kubernetes://apis/apps/v1/namespaces/shop/deployments/wp`.
    private String type() {
        var owner = text("OWNER").split("/", -1);
        var kind = owner.length < 2 ? "" : owner[owner.length - 2];
        return switch (kind) {
            case "deployments" -> "deployment";
            case "jobs" -> "job";
            case "cronjobs" -> "cronjob";
            default -> "pod";
        };
    }
}
