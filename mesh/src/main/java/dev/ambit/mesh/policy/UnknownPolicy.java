package dev.ambit.mesh.policy;

/// What becomes of security input that can't be understood, or that is referred to and not there.
public enum UnknownPolicy {
    /// Whatever it would cover is refused.
    DENY,
    /// As Istio's ztunnel: parts that can't be read are left out, and what is missing is skipped.
    IGNORE
}
