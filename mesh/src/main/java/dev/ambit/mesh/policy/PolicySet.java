package dev.ambit.mesh.policy;

import java.util.List;

/// The policies that apply to one destination, made ready for judging. Compared by identity: the
/// store gives the same one again as long as nothing in it changed.
public final class PolicySet {
    public static final PolicySet EMPTY = of(List.of(), List.of());

    private final List<PolicyTier> tiers;
    private final List<RefusedPolicy> refused;
    private final List<String> missing;
    private final boolean rehearses;

    /// @param tiers in the order in which they are judged
    /// @param refused policies that cover the destination and could not be understood: denied
    /// @param missing names that the workload lists and the store does not have: denied, because an
    ///   unknown policy might deny
    public PolicySet(List<PolicyTier> tiers, List<RefusedPolicy> refused, List<String> missing) {
        this.tiers = List.copyOf(tiers);
        this.refused = List.copyOf(refused);
        this.missing = List.copyOf(missing);
        this.rehearses =
                tiers.stream().anyMatch(t -> !t.dryDeny.isEmpty() || !t.dryAllow.isEmpty());
    }

    public static PolicySet of(List<Policy> policies, List<String> missing) {
        var tier = PolicyTier.of(policies.stream().map(CompiledPolicy::of).toList());
        return new PolicySet(List.of(tier), List.of(), missing);
    }

    List<PolicyTier> tiers() {
        return tiers;
    }

    public List<RefusedPolicy> refused() {
        return refused;
    }

    public List<String> missing() {
        return missing;
    }

    /// Whether any of them is in dry run.
    public boolean rehearses() {
        return rehearses;
    }
}
