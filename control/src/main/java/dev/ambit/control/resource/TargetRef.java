package dev.ambit.control.resource;

/// What a policy is attached to (`targetRef`, `targetRefs`).
///
/// @param namespace empty: that of the policy
public record TargetRef(String group, String kind, String name, String namespace) {

    /// With a name for the group that has none.
    public String canonicalGroup() {
        return group.isEmpty() ? "core" : group;
    }
}
