package dev.ambit.control.resource.data;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import java.util.Map;
import java.util.TreeSet;

/// @param type such as `kubernetes.io/tls`
/// @param data decoded, one char for each byte
public record Secret(Meta meta, String type, Map<String, String> data) implements Resource {
    public Secret {
        data = Map.copyOf(data);
    }

    /// Without the values: it ends up in logs.
    @Override
    public String toString() {
        return key() + " " + new TreeSet<>(data.keySet());
    }
}
