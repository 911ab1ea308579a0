package dev.ambit.control.resource.data;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import java.util.Map;

/// @param data texts; `binaryData` is not used by anything here
public record ConfigMap(Meta meta, Map<String, String> data) implements Resource {
    public ConfigMap {
        data = Map.copyOf(data);
    }
}
