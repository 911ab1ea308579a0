package dev.ambit.waypoint.security;

import java.util.Optional;

/// Where an issuer's keys come from.
public sealed interface JwtKeys {
    /// In the configuration.
    ///
    /// @param set empty where there was not one key that can be used: every token is refused
    record Local(Optional<JwkSet> set) implements JwtKeys {}

    /// Fetched from a server, see `RemoteKeys`.
    record Remote(RemoteKeys keys) implements JwtKeys {}

    /// None configured.
    record None() implements JwtKeys {}

    /// What is there now; empty where there is none, or it is too old.
    default Optional<JwkSet> current() {
        return switch (this) {
            case Local(var set) -> set;
            case Remote(var keys) -> keys.current();
            case None _ -> Optional.empty();
        };
    }
}
