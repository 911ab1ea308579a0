package dev.ambit.mesh.policy;

import java.util.List;

/// The policies that apply to one destination, in the order in which they are judged.
///
/// @param missing names that the workload lists and the store does not have: judged as a DENY that
///   matches, because an unknown policy might be one
public record PolicySet(List<Policy> deny, List<Policy> allow, List<String> missing) {
    public static final PolicySet EMPTY = new PolicySet(List.of(), List.of(), List.of());

    public PolicySet {
        deny = List.copyOf(deny);
        allow = List.copyOf(allow);
        missing = List.copyOf(missing);
    }
}
