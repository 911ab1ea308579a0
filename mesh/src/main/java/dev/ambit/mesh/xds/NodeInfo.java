package dev.ambit.mesh.xds;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.mesh.proto.discovery.Node;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
        struct.putFields("NAME", text(podName));
        struct.putFields("NAMESPACE", text(podNamespace));
        struct.putFields("INSTANCE_IPS", text(instanceIp));
        struct.putFields("NODE_NAME", text(nodeName));
        metadata.forEach((name, value) -> struct.putFields(name, text(value)));
        jsonMetadata.forEach((name, value) -> struct.putFields(name, value(value)));
        return Node.newBuilder()
                .setId(
                        "ztunnel~%s~%s.%s~%s.svc.cluster.local"
                                .formatted(instanceIp, podName, podNamespace, podNamespace))
                .setMetadata(struct)
                .build();
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    private static Value value(@Nullable Object json) {
        var value = Value.newBuilder();
        return switch (json) {
            case null -> value.setNullValue(NullValue.NULL_VALUE).build();
            case Boolean flag -> value.setBoolValue(flag).build();
            case Number number -> value.setNumberValue(number.doubleValue()).build();
            case List<?> list -> {
                var all = ListValue.newBuilder();
                list.forEach(element -> all.addValues(value(element)));
                yield value.setListValue(all).build();
            }
            case Map<?, ?> map -> {
                var fields = Struct.newBuilder();
                map.forEach((name, each) -> fields.putFields(String.valueOf(name), value(each)));
                yield value.setStructValue(fields).build();
            }
            default -> text(json.toString());
        };
    }
}
