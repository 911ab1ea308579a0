package dev.ambit.mesh.xds;

import com.google.protobuf.Struct;
import dev.ambit.mesh.proto.discovery.Node;
import java.util.Map;

/// Who asks: the xDS node of a ztunnel, in the form that istiod knows it by.
///
/// @param metadata added to NAME, NAMESPACE, INSTANCE_IPS and NODE_NAME, and stronger than these
/// @param jsonMetadata the same once more, of what JSON has: texts, numbers, truth values, lists
///   and maps; stronger than `metadata`
public record NodeInfo(
        String instanceIp,
        String podName,
        String podNamespace,
        String nodeName,
        Map<String, String> metadata,
        Map<String, Object> jsonMetadata) {

    Node toProto() {
        var struct = Struct.newBuilder();
        struct.putFields("NAME", Structs.text(podName));
        struct.putFields("NAMESPACE", Structs.text(podNamespace));
        struct.putFields("INSTANCE_IPS", Structs.text(instanceIp));
        struct.putFields("NODE_NAME", Structs.text(nodeName));
        metadata.forEach((name, value) -> struct.putFields(name, Structs.text(value)));
        jsonMetadata.forEach((name, value) -> struct.putFields(name, Structs.value(value)));
        return Node.newBuilder()
                .setId(
                        "ztunnel~%s~%s.%s~%s.svc.cluster.local"
                                .formatted(instanceIp, podName, podNamespace, podNamespace))
                .setMetadata(struct)
                .build();
    }
}
