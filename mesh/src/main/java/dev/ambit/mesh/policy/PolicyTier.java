package dev.ambit.mesh.policy;

import java.util.Collection;

/// Policies that apply together: all of the mesh, all of a namespace, or those that a workload
/// lists. Built once and shared by every workload that it applies to.
public final class PolicyTier {
    public static final PolicyTier EMPTY = of(java.util.List.of());

    final RuleIndex deny;
    final RuleIndex allow;
    final RuleIndex dryDeny;
    final RuleIndex dryAllow;

    private PolicyTier(Collection<CompiledPolicy> policies) {
        deny = index(policies, Policy.Action.DENY, false);
        allow = index(policies, Policy.Action.ALLOW, false);
        dryDeny = index(policies, Policy.Action.DENY, true);
        dryAllow = index(policies, Policy.Action.ALLOW, true);
    }

    /// @param policies in the order in which they are judged
    public static PolicyTier of(Collection<CompiledPolicy> policies) {
        return new PolicyTier(policies);
    }

    private static RuleIndex index(
            Collection<CompiledPolicy> policies, Policy.Action action, boolean dryRun) {
        return new RuleIndex(
                policies.stream()
                        .filter(each ->
                                each.policy().action() == action
                                        && each.policy().dryRun() == dryRun)
                        .toList());
    }
}
