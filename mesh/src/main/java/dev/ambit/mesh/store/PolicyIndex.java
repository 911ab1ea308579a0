package dev.ambit.mesh.store;

import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.CompiledPolicy;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.PolicySet;
import dev.ambit.mesh.policy.PolicyTier;
import dev.ambit.mesh.policy.RefusedPolicy;
import dev.ambit.mesh.policy.UnknownPolicy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One state of all policies. Which of them apply to a workload depends on its namespace and on the
/// names it lists, so the answer is remembered by these, from state to state as long as nothing in
/// it changes: the same `PolicySet` again means that nobody needs to be judged again.
final class PolicyIndex {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyIndex.class);

    private final UnknownPolicy unknown;
    private final TreeMap<String, CompiledPolicy> policies = new TreeMap<>();
    private final TreeMap<String, RefusedPolicy> refused = new TreeMap<>();
    private PolicyTier global = PolicyTier.EMPTY;
    private final Map<String, PolicyTier> byNamespace = new HashMap<>();
    private final Map<Scope, PolicySet> remembered = new ConcurrentHashMap<>();

    private record Scope(String namespace, List<String> listed) {}

    private PolicyIndex(UnknownPolicy unknown) {
        this.unknown = unknown;
    }

    static PolicyIndex empty(UnknownPolicy unknown) {
        return new PolicyIndex(unknown);
    }

    /// What a batch did to one key: neither, where it was taken back.
    record Update(@Nullable Policy policy, @Nullable RefusedPolicy refusal) {}

    /// The state after a batch: this one, where the batch changes nothing.
    PolicyIndex with(Map<String, Update> updates) {
        var next = new PolicyIndex(unknown);
        next.policies.putAll(policies);
        next.refused.putAll(refused);
        var touched = new Touched();
        updates.forEach((key, update) -> next.put(key, update, touched));
        if (touched.keys.isEmpty()) {
            return this;
        }
        next.global = touched.global ? next.tier(Policy.Scope.GLOBAL, "") : global;
        next.byNamespace.putAll(byNamespace);
        for (var namespace : touched.namespaces) {
            next.byNamespace.put(namespace, next.tier(Policy.Scope.NAMESPACE, namespace));
        }
        remembered.forEach((scope, set) -> {
            if (!touched.concerns(scope)) {
                next.remembered.put(scope, set);
            }
        });
        return next;
    }

    private void put(String key, Update update, Touched touched) {
        var known = policies.get(key);
        var refusal = update.refusal;
        if (update.policy != null) {
            if (known == null || !known.policy().equals(update.policy)) {
                touched.add(update.policy.scope(), key, update.policy.namespace());
                policies.put(key, CompiledPolicy.of(update.policy));
            } else if (!refused.containsKey(key)) {
                return;
            }
        } else if (refusal != null) {
            // The last good one stays, and is better than nothing to fall back on.
            if (known == null && !refusal.equals(refused.put(key, refusal))) {
                touched.add(refusal.scope(), key, refusal.namespace());
            }
            return;
        } else {
            policies.remove(key);
        }
        if (known != null && policies.get(key) != known) {
            touched.add(known.policy().scope(), key, known.policy().namespace());
        }
        var taken = refused.remove(key);
        if (taken != null) {
            touched.add(taken.scope(), key, taken.namespace());
        }
    }

    private PolicyTier tier(Policy.Scope scope, String namespace) {
        return PolicyTier.of(
                policies.values().stream()
                        .filter(each -> each.policy().scope() == scope)
                        .filter(each ->
                                scope == Policy.Scope.GLOBAL
                                        || each.policy().namespace().equals(namespace))
                        .toList());
    }

    Collection<Policy> policies() {
        return policies.values().stream().map(CompiledPolicy::policy).toList();
    }

    Collection<RefusedPolicy> refused() {
        return List.copyOf(refused.values());
    }

    boolean isEmpty() {
        return policies.isEmpty() && refused.isEmpty();
    }

    PolicySet policiesFor(Workload destination) {
        var scope = new Scope(destination.namespace(), destination.authorizationPolicies());
        var known = remembered.get(scope);
        return known != null ? known : remembered.computeIfAbsent(scope, this::collect);
    }

    private PolicySet collect(Scope scope) {
        var own = new ArrayList<CompiledPolicy>();
        var missing = new ArrayList<String>();
        for (var name : new java.util.LinkedHashSet<>(scope.listed)) {
            var policy = policies.get(name);
            if (policy == null) {
                missing.add(name);
            } else if (!appliesAnyway(policy.policy(), scope.namespace)) {
                own.add(policy);
            }
        }
        var tiers =
                List.of(
                        global,
                        byNamespace.getOrDefault(scope.namespace, PolicyTier.EMPTY),
                        own.isEmpty() ? PolicyTier.EMPTY : PolicyTier.of(own));
        var covering = refused.values().stream().filter(each -> covers(each, scope)).toList();
        return switch (unknown) {
            case DENY -> new PolicySet(tiers, covering, missing);
            case IGNORE -> {
                missing.forEach(name -> LOG.warn("skipping unknown policy {}", name));
                yield new PolicySet(tiers, List.of(), List.of());
            }
        };
    }

    private static boolean appliesAnyway(Policy policy, String namespace) {
        return switch (policy.scope()) {
            case GLOBAL -> true;
            case NAMESPACE -> policy.namespace().equals(namespace);
            case WORKLOAD_SELECTOR -> false;
        };
    }

    private static boolean covers(RefusedPolicy policy, Scope scope) {
        return scope.listed.contains(policy.key())
                || switch (policy.scope()) {
                    case GLOBAL -> true;
                    case NAMESPACE -> policy.namespace().equals(scope.namespace);
                    case WORKLOAD_SELECTOR -> false;
                };
    }

    /// Whom a batch concerns.
    private static final class Touched {
        private boolean global;
        private final Set<String> namespaces = new HashSet<>();
        private final Set<String> keys = new HashSet<>();

        void add(Policy.Scope scope, String key, String namespace) {
            keys.add(key);
            switch (scope) {
                case GLOBAL -> global = true;
                case NAMESPACE -> namespaces.add(namespace);
                case WORKLOAD_SELECTOR -> {
                    // Concerns those that list it.
                }
            }
        }

        boolean concerns(Scope scope) {
            return global
                    || namespaces.contains(scope.namespace)
                    || scope.listed.stream().anyMatch(keys::contains);
        }
    }
}
