package dev.ambit.control.l7.report;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// What is said in the `status` of one resource.
///
/// @param conditions of the resource as a whole
/// @param parents of a route, or ancestors of a Gateway API policy
/// @param more other fields of the status, such as a Gateway's `addresses` and `listeners`; in it
///   {@link Condition}s stand where conditions are to be written
public record ResourceStatus(
        Resource.Key key,
        Meta meta,
        List<Condition> conditions,
        List<ParentStatus> parents,
        SequencedMap<String, Object> more) {

    public ResourceStatus {
        conditions = List.copyOf(conditions);
        parents = List.copyOf(parents);
        more = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(more));
    }

    public static ResourceStatus of(Resource resource, List<Condition> conditions) {
        return new ResourceStatus(
                resource.key(), resource.meta(), conditions, List.of(), new LinkedHashMap<>());
    }

    public static ResourceStatus ofRoute(Resource route, List<ParentStatus> parents) {
        return new ResourceStatus(
                route.key(), route.meta(), List.of(), parents, new LinkedHashMap<>());
    }

    public ResourceStatus with(SequencedMap<String, Object> fields) {
        return new ResourceStatus(key, meta, conditions, parents, fields);
    }

    /// As it is written to Kubernetes, under `status`.
    ///
    /// @param stamp for each condition, with the path that tells it from others of its type: what
    ///   only the writer knows
    SequencedMap<String, Object> tree(Stamp stamp) {
        var tree = new LinkedHashMap<String, Object>();
        more.forEach((name, value) -> tree.put(name, stamped(value, name, stamp)));
        if (!conditions.isEmpty()) {
            tree.put("conditions", stamped(conditions, "", stamp));
        }
        if (!parents.isEmpty()) {
            boolean policy = key.kind().endsWith("Policy");
            var list = new ArrayList<Object>();
            int i = 0;
            for (var parent : parents) {
                var entry = new LinkedHashMap<String, Object>();
                entry.put("conditions", stamped(parent.conditions(), "parents/" + i++, stamp));
                entry.put("controllerName", parent.controller());
                entry.put(policy ? "ancestorRef" : "parentRef", parent.reference());
                list.add(entry);
            }
            tree.put(policy ? "ancestors" : "parents", list);
        }
        return tree;
    }

    /// A condition with times and generations.
    @FunctionalInterface
    interface Stamp {
        Map<String, Object> of(String path, Condition condition);
    }

    private static Object stamped(Object value, String path, Stamp stamp) {
        return switch (value) {
            case Condition condition -> stamp.of(path, condition);
            case List<?> list -> {
                var copy = new ArrayList<Object>();
                int i = 0;
                for (var item : list) {
                    boolean condition = item instanceof Condition;
                    copy.add(stamped(item, condition ? path : path + "/" + i, stamp));
                    i++;
                }
                yield copy;
            }
            case Map<?, ?> map -> {
                var copy = new LinkedHashMap<String, Object>();
                map.forEach(
                        (k, v) -> copy.put(String.valueOf(k), stamped(v, path + "/" + k, stamp)));
                yield copy;
            }
            // Texts, numbers, booleans.
            default -> value;
        };
    }
}
