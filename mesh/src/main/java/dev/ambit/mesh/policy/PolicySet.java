package dev.ambit.mesh.policy;

import java.util.List;

/// The enforced policies that apply to one destination, in the order in which they are judged, made
/// ready for judging.
///
/// @param missing names that the workload lists and the store does not have: denied, because an
///   unknown policy might deny
public record PolicySet(
        List<CompiledPolicy> deny, List<CompiledPolicy> allow, List<String> missing) {
    public static final PolicySet EMPTY = of(List.of(), List.of());

    public PolicySet {
        deny = List.copyOf(deny);
        allow = List.copyOf(allow);
        missing = List.copyOf(missing);
    }

    /// Policies in dry run are left out: they decide nothing.
    public static PolicySet of(List<Policy> policies, List<String> missing) {
        return new PolicySet(
                compiled(policies, Policy.Action.DENY),
                compiled(policies, Policy.Action.ALLOW),
                missing);
    }

    private static List<CompiledPolicy> compiled(List<Policy> policies, Policy.Action action) {
        return policies.stream()
                .filter(policy -> policy.action() == action && !policy.dryRun())
                .map(CompiledPolicy::new)
                .toList();
    }
}
