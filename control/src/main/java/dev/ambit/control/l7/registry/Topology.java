package dev.ambit.control.l7.registry;

import dev.ambit.control.resource.Names;
import dev.ambit.mesh.proto.workload.Locality;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// Places: where something is, as `region/zone/subzone` and as labels.
public final class Topology {
    private static final String CLUSTER = "topology.istio.io/cluster";
    private static final String LOCALITY = "topology.istio.io/locality";
    private static final String LOCALITY_OLD = "istio-locality";
    private static final String HOSTNAME = "kubernetes.io/hostname";
    private static final Pattern TRAILING = Pattern.compile("/+$");

    private Topology() {}

    /// Labels with what is known of the place; a network that the labels name themselves is kept.
    public static Map<String, String> labels(
            Map<String, String> own, String cluster, String locality, String node, String network) {
        var labels = new HashMap<>(own);
        var parts = locality.split("/", -1);
        put(labels, Names.REGION, parts[0]);
        put(labels, Names.ZONE, parts.length > 1 ? parts[1] : "");
        put(labels, Names.SUBZONE, parts.length > 2 ? parts[2] : "");
        put(labels, CLUSTER, cluster);
        put(labels, HOSTNAME, node);
        if (labels.getOrDefault(Names.NETWORK, "").isEmpty()) {
            put(labels, Names.NETWORK, network);
        }
        return labels;
    }

    private static void put(Map<String, String> labels, String name, String value) {
        if (!value.isEmpty()) {
            labels.put(name, value);
        }
    }

    /// What labels say of the place, else `otherwise`. A label may hold dots for slashes, which
    /// Kubernetes does not allow there.
    public static String locality(Map<String, String> labels, String otherwise) {
        var label = labels.getOrDefault(LOCALITY, labels.getOrDefault(LOCALITY_OLD, ""));
        if (label.isEmpty()) {
            return TRAILING.matcher(otherwise).replaceFirst("");
        }
        var text = label.indexOf('/') >= 0 ? label : label.replace('.', '/');
        return TRAILING.matcher(text).replaceFirst("");
    }

    public static String text(Locality locality) {
        var text = locality.getRegion() + "/" + locality.getZone() + "/" + locality.getSubzone();
        return TRAILING.matcher(text).replaceFirst("");
    }
}
