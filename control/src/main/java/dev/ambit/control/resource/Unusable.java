package dev.ambit.control.resource;

/// What becomes of a security policy that can't be used and has no previous version.
public enum Unusable {
    /// A stand-in of its name refuses what the policy selects, until it can be used.
    REFUSE,
    /// There is no policy, as if nobody had written it.
    LEAVE_OUT
}
