package dev.ambit.control.l7;

import com.google.protobuf.Struct;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Who asks: a waypoint's or an east-west gateway's pod, as its xDS node says and as its pod is
/// known (`waypoint~ip~pod.namespace~domain`).
///
/// @param gateway name of the Gateway that it is an instance of (label
///   `gateway.networking.k8s.io/gateway-name`)
/// @param ips all of its addresses, the first of its id first
/// @param version `ISTIO_VERSION`, empty when not said: the newest
/// @param node name of the Kubernetes node, empty when not known
/// @param locality `region/zone/subzone`, empty when not known
/// @param labels of its pod, and its place (`topology.…`, `kubernetes.io/hostname`)
/// @param metadata all of the node's metadata, for what is not taken out above
public record WaypointNode(
        String id,
        String namespace,
        String gateway,
        boolean eastWest,
        String serviceAccount,
        List<String> ips,
        String cluster,
        String network,
        String version,
        String node,
        String locality,
        Map<String, String> labels,
        Map<String, String> annotations,
        Struct metadata) {

    public WaypointNode {
        ips = List.copyOf(ips);
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
    }

    /// Its Gateway, `namespace/name`.
    public String waypoint() {
        return namespace + "/" + gateway;
    }

    public boolean ipv4() {
        return ips.stream().anyMatch(ip -> ip.indexOf(':') < 0);
    }

    public boolean ipv6() {
        return ips.stream().anyMatch(ip -> ip.indexOf(':') >= 0);
    }

    /// What all replicas of the waypoint at one place have in common: nothing that they are sent
    /// depends on more.
    public WaypointNode shared() {
        var families = new ArrayList<String>();
        if (ipv4()) {
            families.add("0.0.0.0");
        }
        if (ipv6()) {
            families.add("::");
        }
        return new WaypointNode(
                "",
                namespace,
                gateway,
                eastWest,
                serviceAccount,
                families,
                cluster,
                network,
                version,
                node,
                locality,
                labels,
                annotations,
                metadata.toBuilder().removeFields("NAME").removeFields("INSTANCE_IPS").build());
    }
}
