package dev.ambit.mesh.xds;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.mesh.proto.discovery.Node;
import java.util.Map;
import java.util.TreeMap;

/// Who asks: the xDS node of a ztunnel, in the form that istiod knows it by.
///
/// @param metadata added to NAME, NAMESPACE, INSTANCE_IPS and NODE_NAME
public record NodeInfo(
        String instanceIp,
        String podName,
        String podNamespace,
        String nodeName,
        Map<String, String> metadata) {

    Node toProto() {
        var all = new TreeMap<>(metadata);
        all.put("NAME", podName);
        all.put("NAMESPACE", podNamespace);
        all.put("INSTANCE_IPS", instanceIp);
        all.put("NODE_NAME", nodeName);
        var struct = Struct.newBuilder();
        all.forEach((name, value) ->
                struct.putFields(name, Value.newBuilder().setStringValue(value).build()));
        return Node.newBuilder()
                .setId(
                        "ztunnel~%s~%s.%s~%s.svc.cluster.local"
                                .formatted(instanceIp, podName, podNamespace, podNamespace))
                .setMetadata(struct)
                .build();
    }
}
