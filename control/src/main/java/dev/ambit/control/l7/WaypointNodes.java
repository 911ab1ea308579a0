package dev.ambit.control.l7;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.l7.registry.Topology;
import dev.ambit.control.resource.Addresses;
import dev.ambit.control.resource.Names;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Who asks: what a node says of itself, corrected by what is known of its pod.
public final class WaypointNodes {
    private static final String TYPE = "waypoint";
    private static final int PARTS = 4;

    private WaypointNodes() {}

    /// @param id `waypoint~ip~pod.namespace~domain`
    /// @throws IllegalArgumentException if the id is no waypoint's
    public static WaypointNode read(String id, Struct metadata, L7Model model) {
        var parts = id.split("~", -1);
        int dot = parts.length == PARTS ? parts[2].lastIndexOf('.') : -1;
        if (dot <= 0 || !parts[0].equals(TYPE)) {
            throw new IllegalArgumentException(
                    "node '" + id + "' (expected: waypoint~IP~POD.NAMESPACE~DOMAIN)");
        }
        var name = parts[2].substring(0, dot);
        var namespace = or(text(metadata, "NAMESPACE"), parts[2].substring(dot + 1));
        var cluster = or(text(metadata, "CLUSTER_ID"), model.mesh().cluster());
        var pod = model.registry().pod(cluster, namespace, name);
        var labels = new HashMap<>(map(metadata, "LABELS"));
        pod.ifPresent(p -> labels.putAll(p.labels()));
        var node = known(pod, w -> w.wire().getNode(), text(metadata, "NODE_NAME"));
        var network = text(metadata, "NETWORK");
        var locality = Topology.locality(labels, pod.map(WaypointNodes::locality).orElse(""));
        return new WaypointNode(
                id,
                namespace,
                labels.getOrDefault(Names.GATEWAY_NAME, ""),
                labels.getOrDefault(Names.GATEWAY_MANAGED, "").equals(Names.EAST_WEST_CONTROLLER),
                known(pod, w -> w.wire().getServiceAccount(), text(metadata, "SERVICE_ACCOUNT")),
                ips(parts[1], text(metadata, "INSTANCE_IPS")),
                cluster,
                network,
                text(metadata, "ISTIO_VERSION"),
                node,
                locality,
                Topology.labels(labels, cluster, locality, node, network),
                map(metadata, "ANNOTATIONS"),
                metadata);
    }

    private static List<String> ips(String first, String instances) {
        var ips = new LinkedHashSet<String>();
        if (Addresses.ip(first).isPresent()) {
            ips.add(first);
        }
        for (var ip : instances.split(",")) {
            if (Addresses.ip(ip.strip()).isPresent()) {
                ips.add(ip.strip());
            }
        }
        return List.copyOf(ips);
    }

    private static String locality(CompiledWorkload pod) {
        return pod.wire().hasLocality() ? Topology.text(pod.wire().getLocality()) : "";
    }

    private static String known(
            Optional<CompiledWorkload> pod,
            Function<CompiledWorkload, String> of,
            String otherwise) {
        return or(pod.map(of).orElse(""), otherwise);
    }

    private static String or(String value, String otherwise) {
        return value.isEmpty() ? otherwise : value;
    }

    private static String text(Struct metadata, String name) {
        return metadata.getFieldsOrDefault(name, Value.getDefaultInstance()).getStringValue();
    }

    private static Map<String, String> map(Struct metadata, String name) {
        var values = new HashMap<String, String>();
        metadata.getFieldsOrDefault(name, Value.getDefaultInstance())
                .getStructValue()
                .getFieldsMap()
                .forEach((key, value) -> {
                    if (value.hasStringValue()) {
                        values.put(key, value.getStringValue());
                    }
                });
        return values;
    }
}
