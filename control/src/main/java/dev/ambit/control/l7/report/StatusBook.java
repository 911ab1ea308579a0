package dev.ambit.control.l7.report;

import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import java.lang.reflect.InvocationTargetException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Generations and times of statuses over changes: a value that each moment turns into the next.
///
/// An API server counts `metadata.generation` up with each change of a spec. Where the input says
/// it, that is what was observed; where it does not (files), it is counted here, from 1.
public final class StatusBook {
    private static final StatusBook EMPTY = new StatusBook(Map.of(), Map.of(), List.of());

    private final Map<Resource.Key, Generation> generations;
    private final Map<Place, Since> times;
    private final List<Map<String, Object>> entries;

    private record Generation(long number, Resource of) {}

    private record Place(Resource.Key key, String path, String type) {}

    private record Since(Condition.State state, Instant time) {}

    private StatusBook(
            Map<Resource.Key, Generation> generations,
            Map<Place, Since> times,
            List<Map<String, Object>> entries) {
        this.generations = generations;
        this.times = times;
        this.entries = entries;
    }

    public static StatusBook empty() {
        return EMPTY;
    }

    /// Each a tree of a resource with nothing but `apiVersion`, `kind`, `metadata` and `status`, as
    /// the status subresource of an API server takes it.
    public List<Map<String, Object>> entries() {
        return entries;
    }

    public StatusBook next(ResourceSet input, List<ResourceStatus> statuses, Instant now) {
        var counted = new HashMap<Resource.Key, Generation>();
        for (var resource : input.resources()) {
            counted.put(resource.key(), counted(resource));
        }
        var kept = new HashMap<Place, Since>();
        var trees = new ArrayList<Map<String, Object>>();
        for (var status : statuses) {
            var generation = counted.get(status.key());
            long number = generation == null ? 1 : generation.number();
            var tree = new LinkedHashMap<String, Object>();
            tree.put("apiVersion", status.meta().apiVersion());
            tree.put("kind", status.key().kind());
            tree.put("metadata", metadata(status.key()));
            tree.put(
                    "status",
                    status.tree((path, condition) -> {
                        var place = new Place(status.key(), path, condition.type());
                        var since = since(place, condition, now);
                        kept.put(place, since);
                        return stamped(condition, number, since.time());
                    }));
            trees.add(tree);
        }
        return new StatusBook(Map.copyOf(counted), Map.copyOf(kept), List.copyOf(trees));
    }

    private Generation counted(Resource resource) {
        if (resource.meta().generation() > 0) {
            return new Generation(resource.meta().generation(), resource);
        }
        var before = generations.get(resource.key());
        if (before == null) {
            return new Generation(1, resource);
        }
        boolean same = sameSpec(before.of(), resource);
        return new Generation(before.number() + (same ? 0 : 1), resource);
    }

    private Since since(Place place, Condition condition, Instant now) {
        var before = times.get(place);
        return before != null && before.state() == condition.state()
                ? before
                : new Since(condition.state(), now.truncatedTo(ChronoUnit.SECONDS));
    }

    private static Map<String, Object> metadata(Resource.Key key) {
        var metadata = new LinkedHashMap<String, Object>();
        metadata.put("name", key.name());
        if (!key.namespace().isEmpty()) {
            metadata.put("namespace", key.namespace());
        }
        return metadata;
    }

    private static Map<String, Object> stamped(Condition condition, long generation, Instant time) {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("type", condition.type());
        tree.put("status", condition.state().spelling());
        tree.put("reason", condition.reason());
        tree.put("message", condition.message());
        tree.put("observedGeneration", generation);
        tree.put("lastTransitionTime", time.toString());
        return tree;
    }

    /// Everything but metadata: labels and where it is written don't count. A Gateway's addresses
    /// are of its status.
    static boolean sameSpec(Resource one, Resource other) {
        if (one instanceof Gateway gateway && other instanceof Gateway second) {
            return gateway.className().equals(second.className())
                    && gateway.listeners().equals(second.listeners());
        }
        if (one.getClass() != other.getClass() || !one.getClass().isRecord()) {
            return one.equals(other);
        }
        try {
            for (var component : one.getClass().getRecordComponents()) {
                var read = component.getAccessor();
                if (component.getType() != Meta.class
                        && !java.util.Objects.equals(read.invoke(one), read.invoke(other))) {
                    return false;
                }
            }
            return true;
        } catch (IllegalAccessException | InvocationTargetException unreadable) {
            // A kind that hides its parts: then all of it counts.
            return one.equals(other);
        }
    }
}
