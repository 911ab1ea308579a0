package dev.ambit.mesh.store;

import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.PolicySet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// One state of all policies. Which of them apply to a workload depends on its namespace and on the
/// names it lists, so the answer is remembered by these until the next state.
final class PolicyIndex {
    static final PolicyIndex EMPTY = of(List.of());

    private final Map<String, Policy> byKey = new HashMap<>();
    private final Map<String, List<Policy>> byNamespace = new HashMap<>();
    private final List<Policy> global = new ArrayList<>();
    private final Map<Scope, PolicySet> remembered = new ConcurrentHashMap<>();

    private record Scope(String namespace, List<String> listed) {}

    static PolicyIndex of(Collection<Policy> policies) {
        var index = new PolicyIndex();
        policies.stream()
                .sorted(Comparator.comparing(Policy::key))
                .forEach(policy -> {
                    index.byKey.put(policy.key(), policy);
                    switch (policy.scope()) {
                        case GLOBAL -> index.global.add(policy);
                        case NAMESPACE ->
                                index.byNamespace
                                        .computeIfAbsent(policy.namespace(), _ -> new ArrayList<>())
                                        .add(policy);
                        case WORKLOAD_SELECTOR -> {
                            // Applies to the workloads that list it.
                        }
                    }
                });
        return index;
    }

    PolicySet policiesFor(Workload destination) {
        var scope = new Scope(destination.namespace(), destination.authorizationPolicies());
        var known = remembered.get(scope);
        if (known != null) {
            return known;
        }
        var set = collect(scope);
        remembered.put(scope, set);
        return set;
    }

    private PolicySet collect(Scope scope) {
        var all = new ArrayList<>(global);
        all.addAll(byNamespace.getOrDefault(scope.namespace, List.of()));
        var missing = new ArrayList<String>();
        for (var name : scope.listed) {
            var policy = byKey.get(name);
            if (policy == null) {
                missing.add(name);
            } else if (!all.contains(policy)) {
                all.add(policy);
            }
        }
        return PolicySet.of(all, missing);
    }
}
