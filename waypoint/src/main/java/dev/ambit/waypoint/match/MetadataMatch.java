package dev.ambit.waypoint.match;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A condition on metadata (`envoy.type.matcher.v3.MetadataMatcher`).
///
/// @param filter the namespace, as `envoy.filters.http.jwt_authn`
/// @param path of keys within it
public record MetadataMatch(String filter, List<String> path, ValueMatch value, boolean invert) {
    public boolean matches(Map<String, Map<String, Object>> metadata) {
        return value.matches(find(metadata.get(filter))) != invert;
    }

    private @Nullable Object find(@Nullable Object from) {
        Object at = from;
        for (int step = 0; step < path.size(); step++) {
            if (!(at instanceof Map<?, ?> map)) {
                return null;
            }
            at = map.get(path.get(step));
        }
        return at;
    }
}
