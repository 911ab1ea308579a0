package dev.ambit.waypoint.telemetry.cel;

import dev.ambit.waypoint.exchange.StreamInfo;
import java.util.AbstractMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The attributes of one root, worked out as they are asked for.
final class AttributeMap extends AbstractMap<String, Object> {
    private final Attributes attributes;
    private final String root;
    private final StreamInfo info;

    AttributeMap(Attributes attributes, String root, StreamInfo info) {
        this.attributes = attributes;
        this.root = root;
        this.info = info;
    }

    @Override
    public @Nullable Object get(@Nullable Object name) {
        return name instanceof String text ? attributes.get(root, text, info) : null;
    }

    @Override
    public boolean containsKey(@Nullable Object name) {
        return get(name) != null;
    }

    @Override
    public Set<Map.Entry<String, Object>> entrySet() {
        var all = new LinkedHashMap<String, Object>();
        for (var name : attributes.present(root, info)) {
            var value = get(name);
            if (value != null) {
                all.put(name, value);
            }
        }
        return all.entrySet();
    }
}
