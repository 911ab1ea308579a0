package dev.ambit.waypoint.xds;

import com.google.protobuf.Struct;
import dev.ambit.mesh.proto.discovery.Node;
import dev.ambit.mesh.xds.Structs;
import java.util.Map;

/// Who asks: the xDS node of a waypoint, in the form that istiod knows it by.
///
/// @param instanceIp one of its addresses
/// @param domain of its services: `ns.svc.cluster.local`
/// @param cluster `sa.namespace` by convention
/// @param metadata texts, and what JSON has
public record WaypointNode(
        String instanceIp,
        String podName,
        String podNamespace,
        String domain,
        String cluster,
        Map<String, Object> metadata) {

    /// `waypoint~ip~pod.ns~domain`.
    public String id() {
        return "waypoint~%s~%s.%s~%s".formatted(instanceIp, podName, podNamespace, domain);
    }

    Node toProto() {
        var struct = Struct.newBuilder();
        metadata.forEach((name, value) -> struct.putFields(name, Structs.value(value)));
        return Node.newBuilder().setId(id()).setCluster(cluster).setMetadata(struct).build();
    }
}
