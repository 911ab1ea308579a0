package dev.ambit.control.l7.route;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Where resources stand in the input: what decides when nothing says which is older.
final class Places {
    private final Map<Resource.Key, Integer> places = new HashMap<>();
    private final Map<Resource.Key, Meta> metas = new HashMap<>();

    Places(ResourceSet input) {
        for (var resource : input.resources()) {
            places.putIfAbsent(resource.key(), places.size());
            metas.putIfAbsent(resource.key(), resource.meta());
        }
    }

    Optional<Meta> meta(Resource.Key key) {
        return Optional.ofNullable(metas.get(key));
    }

    int of(Resource resource) {
        return places.getOrDefault(resource.key(), Integer.MAX_VALUE);
    }
}
