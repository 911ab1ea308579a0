package dev.ambit.mesh.policy;

/// A policy that was sent and could not be understood, with no earlier version to fall back on.
/// What it would have covered is refused until it is sent anew or taken back.
///
/// @param key `namespace/name`
/// @param scope whom it covers; `GLOBAL` where that could not be read either
/// @param cause the part that was not understood
public record RefusedPolicy(String key, Policy.Scope scope, String cause) {
    /// The part of the key before the slash.
    public String namespace() {
        int slash = key.indexOf('/');
        return slash < 0 ? "" : key.substring(0, slash);
    }
}
